// The charts of docs/guides/scaling.md, from the counts in docs/scale.json.
import { lineChart } from '../charts/line-chart.mjs'

/** Returns the charts by the names of their files. */
export const chartsOf = (results) => ({
  'scale-message-nodes': messageByNodes(results['hot-room']),
  'scale-message-members': messageByMembers(results['hot-room']),
  'scale-addresses': messageByAddresses(results.addresses),
  'scale-idle': idle(results.addresses),
  'scale-presence': presence(results.presence),
  'scale-storm': storm(results.storm),
  'scale-deploy': deploy(results.deploy),
  'scale-failover': failover(results.failover),
})

/** Calls of all operations, or of the named operations. */
export function calls(counts, names = Object.keys(counts)) {
  return names.reduce((sum, name) => sum + (counts[name]?.calls ?? 0), 0)
}

/** Bytes of all operations. */
export const bytes = (counts) => Object.values(counts).reduce((sum, count) => sum + count.bytes, 0)

/** Operations that messages cause; others go on meanwhile, such as the renewal of sessions. */
const forMessages = ['append', 'read']

const sorted = (results, key) => results.toSorted((a, b) => a[key] - b[key])

const lineOf = (name, results, key, of) => ({
  name,
  points: sorted(results, key).map((result) => [result[key], of(result)]),
})

function messageByNodes(results) {
  const of = results.filter(({ members }) => members === 1_000)
  const line = (name, count) => lineOf(name, of, 'nodesWithMembers', count)
  return lineChart({
    title: 'A message in a room of 1 000 members, by the number of nodes that have members',
    description:
      'The broker carries out one operation for a message, and delivers it once to each such node.',
    x: { label: 'nodes with members of the room (of 50 nodes)' },
    y: { label: 'for each message' },
    series: [
      line(
        'operations at the broker',
        ({ sending, messages }) => calls(sending.operations, forMessages) / messages,
      ),
      line(
        'deliveries from the broker to nodes',
        ({ sending, messages }) => calls(sending.deliveries) / messages,
      ),
    ],
  })
}

function messageByMembers(results) {
  const of = results.filter(({ members, nodesWithMembers }) => nodesWithMembers === Math.min(50, members))
  const line = (name, count) => lineOf(name, of, 'members', count)
  return lineChart({
    title: 'A message in a room on 50 nodes, by the number of members',
    description:
      'Transmissions grow with the members; the work of the broker does not grow beyond the nodes.',
    x: { label: 'members of the room', log: true },
    y: { label: 'for each message', log: true },
    series: [
      line('transmissions to clients', ({ sending, messages }) => calls(sending.clients) / messages),
      line(
        'deliveries from the broker to nodes',
        ({ sending, messages }) => calls(sending.deliveries) / messages,
      ),
      line(
        'operations at the broker',
        ({ sending, messages }) => calls(sending.operations, forMessages) / messages,
      ),
    ],
  })
}

const single = (results, hints) => results.filter((one) => one.copies === 1 && one.hints === hints)

function messageByAddresses(results) {
  const of = single(results, 'connected')
  const line = (name, count) => lineOf(name, of, 'addresses', count)
  return lineChart({
    title: 'A message to one of many addresses, on 50 nodes',
    description: 'The cost of a message does not grow with the number of addresses.',
    x: { label: 'addresses, each with one reader', log: true },
    y: { label: 'for each message', max: 4 },
    series: [
      line('operations at the broker', ({ sending }) => calls(sending.operations, forMessages) / 1_000),
      line('deliveries from the broker to nodes', ({ sending }) => calls(sending.deliveries) / 1_000),
    ],
  })
}

function idle(results) {
  const perSecond = ({ idle: { operations, time } }) => (calls(operations) / time) * 1_000
  return lineChart({
    title: 'Operations at the broker while no message is sent, on 50 nodes',
    description: 'Nodes compare the places of their logs with the broker, many logs in one operation.',
    x: { label: 'addresses, each with one reader', log: true },
    y: { label: 'operations per second', log: true },
    series: [
      lineOf('hints may be lost (NATS)', single(results, 'lossy'), 'addresses', perSecond),
      lineOf('hints are safe while connected (Redis)', single(results, 'connected'), 'addresses', perSecond),
    ],
  })
}

function presence(results) {
  const line = (name, of) => lineOf(name, results, 'members', of)
  return lineChart({
    title: 'A member that joins a room with presence, on 50 nodes',
    description: 'Every member is told of it; in rooms of more than 200 members only the count is told.',
    x: { label: 'members of the room', log: true },
    y: { label: 'for each join', log: true },
    series: [
      line('transmissions to clients', ({ entering, changes }) => calls(entering.clients) / changes),
      line(
        'deliveries from the broker to nodes',
        ({ entering, changes }) => calls(entering.deliveries) / changes,
      ),
    ],
  })
}

function storm(results) {
  const of = sorted(
    results.filter(({ nodes }) => nodes === 50),
    'sessions',
  ).slice(-3)
  return lineChart({
    title: 'All connections are cut at once, on 50 nodes',
    description: 'The clients spread their attempts over about a second.',
    x: { label: 'seconds after the cut' },
    y: { label: 'operations at the broker per second' },
    series: of.toReversed().map(({ sessions, timeline }) => ({
      name: `${sessions.toLocaleString('en').replaceAll(',', ' ')} sessions`,
      points: timeline.map((count, i) => [(i + 0.5) / 4, count * 4]),
    })),
  })
}

function deploy(results) {
  const of = results.filter(({ nodes }) => nodes === 50)
  return lineChart({
    title: 'A rolling deploy of 50 nodes',
    description: 'Sessions that move to a node which is still to be replaced move again.',
    x: { label: 'nodes replaced at the same time' },
    y: { label: 'moves of a session to another node, during the whole deploy' },
    series: [lineOf('moves of a session', of, 'atOnce', ({ moves, sessions }) => moves / sessions)],
  })
}

function failover(results) {
  return lineChart({
    title: 'The broker is away for three seconds, with 50 nodes',
    description: 'When the broker is back, every node reads each of its logs once.',
    x: { label: 'addresses, each with one reader', log: true },
    y: { label: 'operations at the broker in the ten seconds after', log: true },
    series: [
      lineOf('operations at the broker', results, 'addresses', ({ recovery }) => calls(recovery.operations)),
    ],
  })
}
