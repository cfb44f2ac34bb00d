import { type CaughtFault, fresh, now, withAppend, withPage, withStream } from './fault-builders.ts'

const likeOtherLogs = withStream((stream) => stream.replace('^', '#^'))

/** Faults of the logs of streams. */
export const streamFaults: readonly CaughtFault[] = [
  [
    'trims streams by their number like other logs',
    'a stream is not trimmed by the number of its messages',
    likeOtherLogs,
  ],
  [
    'trims streams by their age like other logs',
    'a stream is not trimmed by the age of its messages',
    likeOtherLogs,
  ],
  [
    'keeps the place of a stream that has aged',
    'an open stream is forgotten as a whole',
    withPage(({ exists }) => (exists ? {} : { exists: true, base: 3, top: 3 })),
  ],
  [
    'keeps ended streams like open streams',
    'an ended stream is kept for a while',
    withAppend(
      (real) =>
        (stream, { keep: _, ...message }, key, expected) =>
          real.append(stream, message, key, expected),
    ),
  ],
  [
    'does not tell what has ended a stream',
    'the name of the last message is told to a late append',
    withAppend((real) => (...args) => {
      const answer = now(real.append(...args))
      return answer.outcome === 'overtaken' ? { ...answer, event: null } : answer
    }),
  ],
  [
    'keeps a record of each look at a stream',
    'the look at a stream that does not exist leaves no trace',
    (real) => ({
      read(stream, range) {
        real.sessions.put({ id: `look${fresh()}`, user: 'u', secret: 's' }, 'a', 60_000)
        return real.read(stream, range)
      },
    }),
  ],
]
