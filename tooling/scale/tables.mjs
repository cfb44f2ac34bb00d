// The tables of docs/guides/scaling.md, from the counts in docs/scale.json.
import { bytes, calls } from './charts.mjs'

/** The tables by their names, as functions of the counts. */
export const tables = {
  message: ({ 'hot-room': results }) => {
    const { sending, messages, members } = results.find((one) => one.nodesWithMembers === 50)
    return table(
      ['', 'calls', 'bytes'],
      [
        ['append at the broker', 1, bytes({ append: sending.operations.append }) / messages],
        [
          'deliveries from the broker to nodes',
          calls(sending.deliveries) / messages,
          bytes(sending.deliveries) / messages,
        ],
        [
          `transmissions to ${number(members)} clients`,
          calls(sending.clients) / messages,
          bytes(sending.clients) / messages,
        ],
      ],
    )
  },
  idle: ({ addresses }) =>
    table(
      ['hints', 'addresses', 'operations per second', 'kB per second', 'of these for addresses'],
      addresses
        .filter(({ copies }) => copies === 1)
        .map(({ hints, addresses: count, idle: { operations, time } }) => [
          hints === 'lossy' ? 'may be lost' : 'safe while connected',
          count,
          perSecond(calls(operations), time),
          perSecond(bytes(operations), time) / 1_000,
          perSecond(calls(operations, ['heads']), time),
        ]),
    ),
  storm: ({ storm }) =>
    table(
      [
        'nodes',
        'sessions',
        'seconds until all are back',
        'operations for a session',
        'deliveries',
        'bytes',
        'gaps',
      ],
      storm.map(({ nodes, sessions, storm: { operations, deliveries, time }, gaps }) => [
        nodes,
        sessions,
        time / 1_000,
        calls(operations) / sessions,
        calls(deliveries) / sessions,
        (bytes(operations) + bytes(deliveries)) / sessions,
        gaps,
      ]),
    ),
  kinds: ({ storm }) => {
    const { sessions, storm: largest } = storm.at(-1)
    return table(
      ['operation', 'for a session', 'bytes of one'],
      Object.entries(largest.operations).map(([name, count]) => [
        name.replace(': end', ' (its end)'),
        count.calls / sessions,
        count.bytes / count.calls,
      ]),
    )
  },
  deploy: ({ deploy }) =>
    table(
      [
        'nodes',
        'at the same time',
        'sessions',
        'seconds',
        'moves of a session',
        'operations for a session',
        'gaps',
      ],
      deploy.map(({ nodes, atOnce, sessions, moves, deploy: { operations, time }, gaps }) => [
        nodes,
        atOnce,
        sessions,
        time / 1_000,
        moves / sessions,
        calls(operations) / sessions,
        gaps,
      ]),
    ),
  failover: ({ failover }) =>
    table(
      ['addresses', 'operations in ten seconds', 'kB', 'ms until messages flow'],
      failover.map(({ addresses, recovery: { operations }, arrived }) => [
        addresses,
        calls(operations),
        bytes(operations) / 1_000,
        arrived,
      ]),
    ),
  presence: ({ presence }) =>
    table(
      ['members', 'deliveries to nodes', 'bytes to nodes', 'transmissions to clients', 'bytes to clients'],
      presence.map(({ members, changes, entering: { deliveries, clients } }) => [
        members,
        calls(deliveries) / changes,
        bytes(deliveries) / changes,
        calls(clients) / changes,
        bytes(clients) / changes,
      ]),
    ),
}

const perSecond = (count, time) => (count / time) * 1_000

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const words = rows[0]?.map((cell) => typeof cell === 'string')
  const rule = `|${head.map((_, i) => (words?.[i] ? '---' : '--:')).join('|')}|`
  return [
    line(head),
    rule,
    ...rows.map((row) => line(row.map((cell) => (typeof cell === 'number' ? number(cell) : cell)))),
  ].join('\n')
}

/** A number as a reader wants it: `1 234`, `12.3`, `0.12`. */
function number(value) {
  if (value >= 100 || Number.isInteger(value))
    return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ' ')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
