import type { LogHint, LogPage } from '@chat/core/backplane'
import type { MemoryBackplane } from '@chat/core/memory'
import {
  appendAnew,
  type CaughtFault,
  fresh,
  now,
  shared,
  withAppend,
  withEntries,
  withHint,
  withPage,
  withStream,
} from './fault-builders.ts'

let everyone: MemoryBackplane | undefined

const firstEpochs = shared(() => new Map<string, string>())
const redactedIds = shared(() => new Set<string | null>())

/** Reads pages as long as the limit allows, whatever their size. */
const withLargePages: CaughtFault[2] = (real) => ({
  read(stream, range) {
    let page = now(real.read(stream, range))
    const entries = [...page.entries]
    while ('after' in range && page.more && entries.length < range.limit) {
      page = now(real.read(stream, { after: entries.at(-1)?.at ?? 0, limit: range.limit - entries.length }))
      entries.push(...page.entries)
    }
    return { ...page, entries }
  },
})

/** Faults of logs, of their pages and heads, and of redactions. */
export const logFaults: readonly CaughtFault[] = [
  ['forgets the meta', 'an append is answered with epoch', withEntries(() => ({ meta: null }))],
  [
    'answers an append without its time',
    'an append is answered with epoch',
    withEntries(() => ({ time: 1 })),
  ],
  [
    'writes JSON anew',
    'data and meta are stored unchanged',
    withEntries(({ data }) => ({ data: JSON.stringify(JSON.parse(data)) })),
  ],
  [
    'replaces characters',
    'data and meta are stored unchanged',
    withEntries(({ meta }) => ({ meta: meta === null ? null : meta.replaceAll('\u2028', '\\u2028') })),
  ],
  [
    'tells the time of the read',
    'the time of a message is the time of the log',
    withEntries((_, store) => ({ time: store.runtime.wallTime() })),
  ],
  [
    'tells another time in hints',
    'the time of a message is the time of the log',
    withHint(({ entry }) => ({ entry: { ...entry, time: entry.time + 1 } })),
  ],
  [
    'tells the time of the repetition',
    'the time of a message is the time of the log',
    withAppend((real, store) => (...args) => {
      const answer = now(real.append(...args))
      return answer.outcome === 'duplicate' ? { ...answer, time: store.runtime.wallTime() } : answer
    }),
  ],
  [
    'has a clock of its own in each node',
    'the time of a message is the time of the log',
    (real) => {
      const ahead = fresh() * 1_000
      return {
        append: (...args) => {
          const answer = now(real.append(...args))
          return answer.outcome === 'stored' ? { ...answer, time: answer.time + ahead } : answer
        },
      }
    },
  ],
  [
    'has times that are no integers',
    'the time of a message is the time of the log',
    withAppend((real) => (...args) => {
      const answer = now(real.append(...args))
      return 'time' in answer ? { ...answer, time: answer.time + 0.5 } : answer
    }),
  ],
  [
    'counts time from its own start',
    'the time of a message is the time of the log',
    withAppend((real, store) => (...args) => {
      const answer = now(real.append(...args))
      return 'time' in answer ? { ...answer, time: store.runtime.now() + 1 } : answer
    }),
  ],
  [
    'sorts entries',
    'messages of a session that are appended',
    withPage(({ entries }) => ({ entries: entries.toSorted((a, b) => (a.data < b.data ? -1 : 1)) })),
  ],
  [
    'loses messages under load',
    'many writers, many logs',
    withAppend((real) => {
      let last: ReturnType<MemoryBackplane['append']> | null = null
      let count = 0
      return (...args) => {
        if (last !== null && ++count % 50 === 0) return last
        last = real.append(...args)
        return last
      }
    }),
  ],
  [
    'tells an older top',
    'every page is consistent in itself during',
    withPage(({ top }) => ({ top: top - 1 })),
  ],
  [
    'counts anew in the same epoch',
    'a log that was forgotten never uses',
    (real) => ({
      append: (...args) => ({ ...now(real.append(...args)), epoch: 'e' }),
      read: (...args) => ({ ...now(real.read(...args)), epoch: 'e' }),
    }),
  ],
  [
    'bumps whatever is named',
    'a bump gives a new epoch',
    (real, store) => ({
      bump: (stream) => real.bump(stream, store.read(stream, { after: 0, limit: 1 }).epoch),
    }),
  ],
  ['does not bump', 'a bump gives a new epoch', () => ({ bump() {} })],
  [
    'shares everything between clusters',
    'two clusters',
    (real) => {
      everyone ??= real
      return {
        subscribe: (channel, listener) => everyone?.subscribe(channel, listener) ?? (() => {}),
        publish: (channel, text) => everyone?.publish(channel, text),
      }
    },
  ],
  [
    'makes up an epoch for a stream it does not know',
    'an unknown stream',
    withPage(({ exists, epoch }) => ({ epoch: exists ? epoch : `e${fresh()}` })),
  ],
  ['says that there is more', 'reading forwards', withPage(() => ({ more: true }))],
  [
    'reads one too many',
    'reading forwards',
    (real) => ({ read: (stream, range) => real.read(stream, { ...range, limit: range.limit + 1 }) }),
  ],
  [
    'reads from the place itself',
    'reading forwards',
    (real) => ({
      read: (stream, range) =>
        real.read(stream, 'after' in range ? { ...range, after: range.after - 1 } : range),
    }),
  ],
  ['does not know the id at a place', 'reading forwards', withPage(() => ({ afterId: null }))],
  [
    'counts too little behind a place',
    'reading forwards',
    withPage(({ behind }) => ({ behind: { ...behind, messages: Math.min(1, behind.messages) } })),
  ],
  ['has no `prev`', 'reading backwards', withPage(() => ({ prev: 0 }))],
  [
    'reads back the newest first',
    'reading backwards',
    withPage(({ entries }) => ({ entries: [...entries].reverse() })),
  ],
  [
    'cuts large messages',
    'a message of 300 KiB',
    withEntries(({ data }) => (data.length > 65_536 ? { data: `${data.slice(0, 65_535)}"` } : {})),
  ],
  ['has pages of any size', 'a page of 256 messages of 300 KiB', withLargePages],
  [
    'has small pages',
    'a page has as many messages as fit 240 KiB, counted in UTF-8: a',
    (real) => ({ read: (stream, range) => real.read(stream, { ...range, limit: Math.min(2, range.limit) }) }),
  ],
  ['counts no bytes', 'a page has as many messages as fit 240 KiB, counted in UTF-8: é', withLargePages],
  ['counts no bytes', 'a page has as many messages as fit 240 KiB, counted in UTF-8: 👋', withLargePages],
  [
    'reads `base` after the entries',
    'every page is consistent in itself while old messages are removed',
    withPage(({ base, entries }) => ({ base: base + (entries.length > 2 ? 3 : 0) })),
  ],
  [
    'does not tell its `base`',
    '`base` is the offset of the last entry that was removed, with its id (BP-09)',
    withPage(() => ({ base: 0, baseId: null })),
  ],
  [
    'removes messages too early',
    'messages are kept for their age',
    withPage(({ entries }, store) => ({
      entries: entries.filter(({ time }) => time > store.runtime.wallTime() - 20_000),
    })),
  ],
  ['does not tell upper case from lower', 'names are data', withStream((stream) => stream.toLowerCase())],
  ['normalises names', 'names are data', withStream((stream) => stream.normalize())],
  ['cuts long names', 'names are data', withStream((stream) => stream.slice(0, 250))],
  ['writes names into a path', 'names are data', withStream((stream) => stream.replace('\\', '/'))],
  ...headFaults(),
  ...redactionFaults(),
]

function headFaults(): readonly CaughtFault[] {
  return [
    [
      'sorts heads',
      'heads tell the place of each log',
      (real) => ({ heads: (streams) => real.heads(streams.toSorted()) }),
    ],
    [
      'tells each head once',
      'heads tell the place of each log',
      (real) => ({ heads: (streams) => real.heads([...new Set(streams)]) }),
    ],
    [
      'has no epoch for logs without messages',
      'heads are the places that a read tells',
      (real) => ({
        heads: (streams) =>
          now(real.heads(streams)).map((head) => (head.top === 0 ? { ...head, epoch: '' } : head)),
      }),
    ],
    [
      'makes up the head of an unknown log',
      'an unknown log has a head',
      (real) => ({
        heads: (streams) => now(real.heads(streams)).map(({ top }) => ({ epoch: `e${fresh()}`, top })),
      }),
    ],
    [
      'answers a hundred heads at most',
      'heads of 500 logs',
      (real) => ({ heads: (streams) => real.heads(streams.slice(0, 100)) }),
    ],
    [
      'remembers the first epoch of a log',
      'a bump changes the head',
      (real, store) => {
        const epochs = firstEpochs(store)
        return {
          append(stream, ...rest) {
            const answer = now(real.append(stream, ...rest))
            if ('epoch' in answer) epochs.set(stream, answer.epoch)
            return answer
          },
          heads: (streams) =>
            now(real.heads(streams)).map(({ epoch, top }, n) => ({
              epoch: epochs.get(streams[n] ?? '') ?? epoch,
              top,
            })),
        }
      },
    ],
    [
      'forgets logs whose heads are asked for',
      'a log whose head is asked for every few minutes',
      (real) => ({
        heads: (streams) =>
          streams.map((stream) => {
            const { epoch, top } = now(real.read(stream, { after: 0, limit: 1 }))
            return { epoch, top }
          }),
      }),
    ],
  ]
}

function redactionFaults(): readonly CaughtFault[] {
  const place = (page: LogPage, at: number): string | null =>
    page.entries.find((one) => one.at === at)?.id ?? null
  return [
    [
      'removes a redacted entry',
      'a redacted entry keeps its place',
      withPage(({ entries }) => ({ entries: entries.filter(({ event }) => event !== '$redacted') })),
    ],
    [
      'keeps the meta of a redacted entry',
      'a redacted entry keeps its place',
      withEntries(({ event }) => (event === '$redacted' ? { meta: '{}' } : {})),
    ],
    [
      'redacts whatever stands at an offset',
      'a redact of an entry that the log does not have',
      (real) => ({
        redact(stream, [epoch, at]) {
          const page = now(real.read(stream, { after: 0, limit: 100 }))
          return real.redact(stream, [epoch, at, place(page, at)])
        },
      }),
    ],
    [
      'has no top when the newest entry is redacted',
      'the newest entry can be redacted',
      withPage(({ entries, topId }) => ({ topId: entries.at(-1)?.event === '$redacted' ? null : topId })),
    ],
    [
      'forgets the key of a redacted entry',
      'a repetition of a redacted message',
      (real, store) => {
        const redacted = redactedIds(store)
        return {
          redact(stream, position) {
            redacted.add(position[2])
            return real.redact(stream, position)
          },
          append: (...args) => (redacted.has(args[1].id) ? appendAnew(real, args) : real.append(...args)),
        }
      },
    ],
    [
      'hints at a redaction',
      'a redact makes no hint',
      (real) => {
        const listeners: ((hint: LogHint) => void)[] = []
        return {
          tail(stream, listener) {
            listeners.push(listener)
            return real.tail(stream, listener)
          },
          redact(stream, position) {
            const { epoch, entries } = now(real.read(stream, { after: 0, limit: 1 }))
            for (const entry of entries) for (const listener of listeners) listener({ epoch, prev: 0, entry })
            return real.redact(stream, position)
          },
        }
      },
    ],
    ['says that it has redacted', 'an entry that is no longer kept', () => ({ redact: () => true })],
  ]
}
