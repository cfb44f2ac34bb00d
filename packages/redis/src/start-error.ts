import { ChatError, UsageError } from '@chat/core'
import { textOf } from './errors.ts'
import type { Place } from './options.ts'

/** Reasons for which a server cannot be used, by the text of its error, and what to do. */
const reasons: readonly (readonly [pattern: RegExp, advice: (place: string) => string])[] = [
  [
    /WRONGPASS|invalid password|invalid username/i,
    (place) =>
      `${place} refuses the password; correct the options 'username' and 'password', or those in 'url'`,
  ],
  [/NOAUTH/, (place) => `${place} asks for a password; give the option 'password', or write it into 'url'`],
  [
    /NOPERM/,
    (place) =>
      `the user may not do what the backplane needs at ${place}; allow it all commands but @admin and @dangerous, INFO, the keys and the channels that begin with the prefix`,
  ],
  [
    /wrong version number|packet length too long|EPROTO|SSL routines/i,
    (place) => `${place} does not speak TLS; write redis:// in place of rediss://`,
  ],
  [
    /certificate|CERT_|self.signed|altname/i,
    (place) => `the certificate of ${place} is not accepted; give the option 'connection' with tls: { ca }`,
  ],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT/,
    (place) => `no server answers at ${place}; start it, or correct the address`,
  ],
  [
    /all sentinels/i,
    (place) =>
      `no sentinel of ${place} names a primary that answers; correct the options 'sentinels' and 'primaryName'`,
  ],
  [/LOADING/, (place) => `${place} still loads its data; try again when it has`],
  [/cluster support disabled/i, (place) => `${place} is no cluster; give it in the option 'url'`],
  [
    /failed to refresh slots|none of startup nodes/i,
    (place) => `no node of a cluster answers at ${place}; start it, or correct the option 'nodes'`,
  ],
]

/** Returns the error of a start that has failed: its text says what to do. */
export function startError(place: Place, error: unknown, last: unknown): unknown {
  if (error instanceof UsageError) return error
  const text = `${textOf(error)} ${last === null ? '' : allTexts(last)}`
  const advice = reasons.find(([pattern]) => pattern.test(text))?.[1]
  // A server without TLS waits for the end of a command that never comes.
  const silent = place.text.startsWith('rediss:') && /ETIMEDOUT|no connection after/.test(text)
  const reason = silent
    ? `${place.text} did not answer in TLS; if it does not speak TLS, write redis:// in place of rediss://`
    : (advice?.(place.text) ??
      `the connection to ${place.text} ended: ${textOf(last ?? error)}; if the server expects TLS, write rediss://`)
  return new ChatError('unavailable', `unable to start the Redis backplane: ${reason}`, {
    cause: last ?? error,
  })
}

/** The text of an error and of the errors that it holds, such as one for each address or node. */
function allTexts(error: unknown): string {
  const { code, errors, cause, lastNodeError } = error as Record<string, unknown>
  const inner = [...(Array.isArray(errors) ? errors : []), cause, lastNodeError].filter((one) => one != null)
  return [typeof code === 'string' ? code : '', textOf(error), ...inner.map(allTexts)].join(' ')
}
