import { UsageError } from '@chat/core'

/** Options of a client for a URL, and the URL without the password, for errors. */
export interface ParsedUrl {
  readonly options: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Protocols of servers; `true` for those over TLS. */
const protocols: Readonly<Record<string, boolean>> = {
  'redis:': false,
  'rediss:': true,
  'valkey:': false,
  'valkeys:': true,
}

/**
 * Reads the URL of a server.
 *
 * @throws UsageError when it is no such URL. The text never has the password.
 */
export function parseUrl(url: string): ParsedUrl {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed?.protocol === 'unix:')
    return {
      options: { path: decoded(parsed.pathname), ...credentials(parsed) },
      text: `unix://${parsed.pathname}`,
    }
  const tls = parsed === null ? undefined : protocols[parsed.protocol]
  if (parsed === null || tls === undefined || parsed.hostname === '')
    throw new UsageError(
      `unable to start the Redis backplane: the option 'url' is no URL of a server${parsed === null ? '' : `, but of ${parsed.protocol}`}; write redis://host:6379, or rediss://host:6379 for TLS`,
    )
  const database = parsed.pathname.slice(1)
  if (!/^\d*$/.test(database))
    throw new UsageError(
      `unable to start the Redis backplane: the path of the option 'url' is '${database}', not the number of a database; write redis://host:6379/0`,
    )
  // The hostname of an IPv6 address has brackets, which sockets do not take.
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  const port = parsed.port === '' ? 6379 : Number(parsed.port)
  return {
    options: {
      ...{ host, port, ...(tls ? { tls: { servername: host } } : {}) },
      ...{ ...(database === '' ? {} : { db: Number(database) }), ...credentials(parsed) },
    },
    text: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
  }
}

function credentials({ username, password }: URL): Record<string, string> {
  return {
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
  }
}

/** @throws UsageError for a `%` that begins no escape, as in a password that is written as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new UsageError(
      "unable to start the Redis backplane: the option 'url' has a '%' that begins no escape; write it as %25, or give the options 'username' and 'password'",
    )
  }
}
