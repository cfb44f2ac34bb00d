// Measures what messages, logs, sessions and members take at a broker: bytes of its memory and of its disk, and
// microseconds of its processor time. `npm run bench -- --sizing` runs it.
import { importBuilt } from '../contenders/chat.mjs'
import { Program } from './process.mjs'

const count = 20_000
const inFlight = 200
const data = JSON.stringify({ n: 1, text: '.'.repeat(109) })

/** Prints a table for each broker, and returns the figures. */
export async function sizing(brokers) {
  const results = {}
  for (const name of brokers) results[name] = await sizeBroker(name)
  return results
}

async function sizeBroker(name) {
  const program = await Program.start('broker')
  try {
    const url = await program.request('start', { name, cpus: null })
    const backplane = await open(name, url)
    const rows = []
    for (const [what, units, work] of steps(backplane)) rows.push(await step(program, { what, units, work }))
    await backplane.close()
    return rows
  } finally {
    await program.end()
  }
}

async function open(name, url) {
  if (name === 'redis') return (await importBuilt('redis')).redisBackplane({ url, prefix: 'sizing' })
  return (await importBuilt('nats')).natsBackplane({ servers: url, prefix: 'sizing' })
}

/** Measures before and after some work, when the broker has come to rest. */
async function step(program, { what, units, work }) {
  const before = await program.request('usage')
  await work()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = await program.request('usage')
  const each = (name) => (before[name] === null ? null : (after[name] - before[name]) / units)
  return { what, units, memory: each('memory'), disk: each('disk'), cpu: each('cpu') }
}

/** The steps: a name, the number of units, the work. */
function steps(backplane) {
  const many = (n, work) => () => pooled(n, work)
  return [
    [
      'a log that is read, and has no message',
      count,
      many(count, (i) => backplane.read(`#read-${i}`, newest)),
    ],
    ['a subscription of a node to a log', count, many(count, (i) => backplane.tail(`#read-${i}`, () => {}))],
    ['a log with its first message', count, many(count, (i) => append(backplane, `#log-${i}`, i, 1))],
    [
      'a further message, in a log with one sender',
      count,
      many(count, (i) => append(backplane, `#log-${i % 200}`, i % 200, 2 + Math.floor(i / 200))),
    ],
    [
      'the same, with a node that listens',
      count,
      async () => {
        for (let log = 0; log < 200; log++) backplane.tail(`#log-${log}`, () => {})
        await pooled(count, (i) => append(backplane, `#log-${i % 200}`, i % 200, 102 + Math.floor(i / 200)))
      },
    ],
    ['a session', count, many(count, (i) => backplane.sessions.put(record(i), 'node-1', 3_600_000))],
    ['a member, in a room of 100', count, () => enterRooms(backplane)],
  ]
}

const newest = { before: null, limit: 1 }

const append = (backplane, log, sender, ref) =>
  backplane.append(
    log,
    { event: 'say', data, meta: null, from: `user-${sender}`, id: `session-${sender}.${ref}` },
    {
      user: `user-${sender}`,
      session: `session-${sender}`,
      ref,
      hash: `${String(sender).padStart(20, '0')}${String(ref).padStart(23, '0')}`,
      window: 64,
      by: 'node-1',
    },
  )

const record = (i) => ({ id: `session-${i}`, user: `user-${i}`, secret: String(i).padStart(43, '0') })

const members = (room) =>
  Array.from({ length: 100 }, (_, i) => ({
    session: `session-${room}-${i}`,
    user: `user-${room}-${i}`,
    state: 'null',
    generation: 1,
    node: 'node-1',
  }))

/** Enters one room after the other, each with all its members. */
async function enterRooms({ presence }) {
  const lease = { ttl: 3_600_000, keep: 0 }
  for (let room = 0; room < count / 100; room++) await presence.enter(`#room-${room}`, members(room), lease)
}

/** Calls `work` with 0, 1, 2, …, and keeps a number of calls open. */
async function pooled(n, work) {
  let next = 0
  const worker = async () => {
    while (next < n) await work(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

/** Writes the figures as Markdown. */
export function sizingReport(results) {
  const table = ([broker, rows]) => [
    `## ${broker}`,
    '',
    '| | bytes of memory | bytes of disk | µs of the broker |',
    '|---|--:|--:|--:|',
    ...rows.map(
      ({ what, memory, disk, cpu }) => `| ${what} | ${figure(memory)} | ${figure(disk)} | ${figure(cpu)} |`,
    ),
    '',
  ]
  return Object.entries(results).flatMap(table).join('\n')
}

/** A process may have less memory than before: then its garbage hides the figure. */
const figure = (value) =>
  value === null || value < 0 ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(1)
