import { UsageError } from '@chat/core'
import {
  type Complete,
  checkDuration,
  checkOptionsWithHint,
  checkText,
  describe,
  fillDefaults,
  type OptionNames,
} from '@chat/core/backplane'
import { clientOf, type RedisAddress, type RedisClientModule } from './client.ts'
import { parseUrl } from './url.ts'

/** The retention of each log. Above any of its bounds the oldest messages are removed, some at a time. */
export interface RedisRetention {
  /** Maximum number of messages. Default: 10 000. */
  readonly count?: number | undefined
  /** Maximum size in bytes. Default: 16 MiB. */
  readonly bytes?: number | undefined
  /** Maximum age of a message in milliseconds. Default: an hour. */
  readonly age?: number | undefined
}

/** The replicas that must have a message before it is acknowledged. */
export interface RedisWait {
  /** Number of replicas. */
  readonly replicas: number
  /** Maximum time until they have it, in milliseconds. Default: 1 000. Afterwards the append is `unavailable`. */
  readonly timeout?: number | undefined
}

/** Options of {@link redisBackplane}. Exactly one of `url`, `sentinels` and `nodes` is given. */
export interface RedisBackplaneOptions {
  /**
   * URL of a server: `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS, or
   * `unix:///path/to/redis.sock`.
   */
  readonly url?: string | undefined
  /** Addresses of sentinels, which name the primary. */
  readonly sentinels?: readonly RedisAddress[] | undefined
  /** Name of the primary that the sentinels watch. Default: `mymaster`. */
  readonly primaryName?: string | undefined
  /** Addresses of some nodes of a cluster, which name the others. */
  readonly nodes?: readonly RedisAddress[] | undefined
  /**
   * Beginning of all keys and channels, 1–64 characters of `[A-Za-z0-9_.:/-]`. Hubs with the same prefix form
   * a deployment; those with another prefix are separate. Default: `chat`.
   */
  readonly prefix?: string | undefined
  /** Name of the user of the server; a name in the URL comes first. */
  readonly username?: string | undefined
  /** Password of the user; a password in the URL comes first. */
  readonly password?: string | undefined
  /**
   * Further options of the client's connections, such as `tls` or `sentinelPassword`. Options on which the
   * backplane relies cannot be changed.
   */
  readonly connection?: Readonly<Record<string, unknown>> | undefined
  /** The client. Default: `ioredis`, else `iovalkey`, whichever is installed. */
  readonly client?: RedisClientModule | undefined
  /** Retention of each log. */
  readonly retention?: RedisRetention | undefined
  /** Duration for which a repetition is recognised, in milliseconds. Default: 120 000. */
  readonly dedupeWindow?: number | undefined
  /** Replicas that must have a message before it is acknowledged. Not for a cluster. Default: none. */
  readonly wait?: RedisWait | undefined
  /**
   * `true` to use sharded channels in a cluster, which needs Redis 7. Default: `true` where the server has
   * them. All hubs of a deployment must agree.
   */
  readonly sharded?: boolean | undefined
  /**
   * Number of presence partitions. All hubs of a deployment must agree. Default: 1, and 64 in a cluster.
   */
  readonly partitions?: number | undefined
  /** Maximum time until a command is answered, in milliseconds. Default: 5 000. */
  readonly timeout?: number | undefined
  /**
   * Called at the start with the description of each risk that the server's configuration is to messages, such
   * as an eviction policy. When it throws or rejects, the process warns instead. Default: a warning of the
   * process, which Node writes to stderr.
   */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/** The place of a server, of sentinels, or of a cluster. */
export type Place =
  | { readonly kind: 'server'; readonly options: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly kind: 'sentinels'; readonly options: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[]; readonly text: string }

/** Options that were checked, with their defaults. */
export interface Settings {
  readonly place: Place
  readonly prefix: string
  readonly credentials: Readonly<Record<string, unknown>>
  readonly connection: Readonly<Record<string, unknown>>
  readonly client: RedisClientModule | null
  readonly retention: Complete<RedisRetention>
  readonly dedupeWindow: number
  readonly wait: Complete<RedisWait> | null
  readonly sharded: boolean | null
  readonly partitions: number
  readonly timeout: number
  readonly onWarning: (warning: string) => void
}

/** The operation that errors name. */
export const starting = 'start the Redis backplane'

const names: OptionNames<RedisBackplaneOptions> = {
  ...{ url: true, sentinels: true, primaryName: true, nodes: true, prefix: true },
  ...{ username: true, password: true, connection: true, client: true },
  ...{ retention: true, dedupeWindow: true, wait: true, sharded: true, partitions: true },
  ...{ timeout: true, onWarning: true },
}
const retentionNames: OptionNames<RedisRetention> = { count: true, bytes: true, age: true }
const waitNames: OptionNames<RedisWait> = { replicas: true, timeout: true }
const defaultRetention: Complete<RedisRetention> = { count: 10_000, bytes: 16 * 1024 * 1024, age: 3_600_000 }
const prefixPattern = /^[A-Za-z0-9_.:/-]{1,64}$/

/**
 * Checks the options, and adds the defaults.
 *
 * @throws UsageError when an option does not exist or cannot work; the text says what to do.
 */
export function checkSettings(given: RedisBackplaneOptions): Settings {
  const options = given === undefined ? {} : given
  checkOptionsWithHint(starting, options, names)
  checkOptionsWithHint(starting, options.retention, retentionNames, 'retention')
  checkOptionsWithHint(starting, options.wait, waitNames, 'wait')
  checkTypes(options)
  const place = placeOf(options)
  const { username, password, connection = {}, wait } = options
  const cluster = place.kind === 'cluster'
  if (cluster && wait !== undefined)
    refuse("the option 'wait' is not for a cluster; leave it out, or give 'url' or 'sentinels'")
  return {
    ...{ place, connection, prefix: options.prefix ?? 'chat' },
    credentials: {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
    client: options.client === undefined ? null : clientOf(options.client),
    retention: fillDefaults(defaultRetention, options.retention),
    dedupeWindow: options.dedupeWindow ?? 120_000,
    wait: wait === undefined ? null : { ...wait, timeout: wait.timeout ?? 1_000 },
    sharded: options.sharded ?? null,
    partitions: options.partitions ?? (cluster ? 64 : 1),
    timeout: options.timeout ?? 5_000,
    onWarning: options.onWarning ?? warn,
  }
}

/** @throws UsageError always. */
export function refuse(reason: string): never {
  throw new UsageError(`unable to ${starting}: ${reason}`)
}

function checkTypes(options: RedisBackplaneOptions): void {
  for (const name of ['url', 'primaryName', 'prefix', 'username', 'password'] as const)
    checkText(starting, name, name === 'password' && typeof options[name] === 'string' ? '' : options[name])
  const { prefix, retention = {}, wait, dedupeWindow, timeout, partitions } = options
  if (prefix !== undefined && !prefixPattern.test(prefix))
    refuse(
      `the option 'prefix' is ${describe(prefix)}; give 1 to 64 characters of letters, digits and _ . : / -`,
    )
  checkDuration(starting, 'retention.age', retention.age)
  checkDuration(starting, 'dedupeWindow', dedupeWindow)
  checkDuration(starting, 'timeout', timeout)
  checkDuration(starting, 'wait.timeout', wait?.timeout)
  checkWhole('retention.count', retention.count)
  checkWhole('retention.bytes', retention.bytes)
  checkWhole('partitions', partitions)
  if (wait !== undefined) checkWhole('wait.replicas', wait.replicas ?? null)
  for (const name of ['connection', 'onWarning'] as const) {
    const type = name === 'connection' ? 'object' : 'function'
    if (
      options[name] !== undefined &&
      (typeof options[name] !== type || options[name] === null || Array.isArray(options[name]))
    )
      refuse(
        `the option '${name}' is ${describe(options[name])}, not ${type === 'object' ? 'an' : 'a'} ${type}`,
      )
  }
  if (options.sharded !== undefined && typeof options.sharded !== 'boolean')
    refuse(`the option 'sharded' is ${describe(options.sharded)}; give true or false`)
}

function checkWhole(name: string, value: unknown): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0))
    refuse(`the option '${name}' must be a whole number above 0, but is ${describe(value)}`)
}

function placeOf({ url, sentinels, primaryName = 'mymaster', nodes }: RedisBackplaneOptions): Place {
  const given = [url, sentinels, nodes].filter((one) => one !== undefined)
  if (given.length !== 1)
    refuse(
      `${given.length === 0 ? 'none' : 'more than one'} of the options 'url', 'sentinels' and 'nodes' is given; give exactly one, such as \`url: 'redis://127.0.0.1:6379'\``,
    )
  if (url !== undefined) {
    const { options, text } = parseUrl(url)
    return { kind: 'server', options, text }
  }
  const [name, addresses] = nodes === undefined ? ['sentinels', sentinels] : ['nodes', nodes]
  checkAddresses(name, addresses)
  const text = (addresses ?? []).map(({ host, port }) => `${host}:${port}`).join(', ')
  if (nodes !== undefined) return { kind: 'cluster', nodes, text }
  return { kind: 'sentinels', options: { sentinels, name: primaryName, failoverDetector: true }, text }
}

function checkAddresses(name: string, addresses: readonly RedisAddress[] | undefined): void {
  if (!Array.isArray(addresses) || addresses.length === 0)
    refuse(
      `the option '${name}' is ${describe(addresses)}; give addresses, such as [{ host: 'a', port: 6379 }]`,
    )
  for (const address of addresses as readonly unknown[]) {
    const { host, port } = (address ?? {}) as Partial<RedisAddress>
    if (typeof host !== 'string' || host === '' || !Number.isSafeInteger(port))
      refuse(
        `the option '${name}' has an entry that is no address: host ${describe(host)}, port ${describe(port)}; write { host: 'a', port: 6379 }`,
      )
  }
}

function warn(warning: string): void {
  process.emitWarning(warning, { type: 'ChatWarning', code: 'CHAT_REDIS' })
}
