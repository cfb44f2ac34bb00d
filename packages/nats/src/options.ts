import type { Runtime } from '@chat/core'
import { systemRuntime, UsageError } from '@chat/core'
import {
  type Complete,
  checkBoolean,
  checkDuration,
  checkObject,
  checkOptionsWithHint,
  checkRuntime,
  checkText,
  describe,
  fillDefaults,
  type OptionNames,
} from '@chat/core/backplane'
import type { NatsClient } from './nats-client.ts'

/** The messages that the logs keep. Above any of these bounds the oldest messages are removed. */
export interface NatsRetention {
  /**
   * Maximum number of stored messages of each log. Messages that are sent at once share a stored message. Default:
   * 10 000.
   */
  readonly count?: number | undefined
  /** Maximum size of all logs together, in bytes; -1 for the storage of the account. Default: -1. */
  readonly bytes?: number | undefined
  /** Maximum age of a message, in milliseconds. Default: an hour. */
  readonly age?: number | undefined
  /**
   * Duration after which a log is forgotten that is neither written nor asked for, in milliseconds. Messages are
   * kept for at least this duration. Default: 10 minutes.
   */
  readonly forgetAfter?: number | undefined
}

/** The records of sessions and rooms that the server keeps. */
export interface NatsSessionRetention {
  /** Maximum number of sessions; above it the records written longest ago are forgotten. Default: 1 000 000. */
  readonly count?: number | undefined
  /**
   * Duration after which the server removes a record that no node has renewed, in milliseconds. It must exceed
   * the hub's `timeouts.session`. Default: an hour.
   */
  readonly age?: number | undefined
}

/** Options of {@link natsBackplane}. */
export interface NatsBackplaneOptions {
  /** The servers, such as `nats://127.0.0.1:4222`. Default: that server. */
  readonly servers?: string | readonly string[] | undefined
  /**
   * The name of the deployment: 1 to 32 letters, digits, `_` and `-`. Deployments with different prefixes share
   * no message. Default: `chat`.
   */
  readonly prefix?: string | undefined
  /** Number of servers that keep each message: 1, 3 or 5. Default: 1. */
  readonly replicas?: number | undefined
  /** The storage of the streams. Streams in memory are lost with their server. Default: `file`. */
  readonly storage?: 'file' | 'memory' | undefined
  /** The messages that the logs keep. */
  readonly retention?: NatsRetention | undefined
  /** The records of sessions that the server keeps. */
  readonly sessions?: NatsSessionRetention | undefined
  /** Duration for which a repetition is recognised, in milliseconds. Default: 120 000. */
  readonly dedupeWindow?: number | undefined
  /** Duration after which a request without an answer fails, in milliseconds. Default: 5 000. */
  readonly timeout?: number | undefined
  /**
   * Further options of the NATS client, such as `user`, `pass`, `token`, `authenticator`, `tls` or `name`.
   */
  readonly connection?: Readonly<Record<string, unknown>> | undefined
  /** The NATS client. Default: `@nats-io/transport-node`, which must be installed. */
  readonly client?: NatsClient | undefined
  /**
   * `true` to run several replicas on a server below 2.9.21, whose compare-and-set may accept two messages at
   * once: for tests only. Default: `false`.
   */
  readonly allowUnsafeReplicas?: boolean | undefined
  /** The source of time and ids. Default: the system's. */
  readonly runtime?: Runtime | undefined
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly servers: readonly string[]
  readonly prefix: string
  readonly replicas: number
  readonly storage: 'file' | 'memory'
  readonly retention: Complete<NatsRetention>
  readonly sessions: Complete<NatsSessionRetention>
  readonly dedupeWindow: number
  readonly timeout: number
  readonly connection: Readonly<Record<string, unknown>>
  readonly client: NatsClient | null
  readonly allowUnsafeReplicas: boolean
  readonly runtime: Runtime
}

/** Completes "unable to …" in the errors of the start. */
export const starting = 'start the NATS backplane'

const optionNames: OptionNames<NatsBackplaneOptions> = {
  servers: true,
  prefix: true,
  replicas: true,
  storage: true,
  retention: true,
  sessions: true,
  dedupeWindow: true,
  timeout: true,
  connection: true,
  client: true,
  allowUnsafeReplicas: true,
  runtime: true,
}
const retentionNames: OptionNames<NatsRetention> = { count: true, bytes: true, age: true, forgetAfter: true }
const sessionNames: OptionNames<NatsSessionRetention> = { count: true, age: true }

/**
 * Checks the options, and adds the defaults.
 *
 * @throws UsageError for an option that does not exist or cannot work.
 */
export function checkBackplaneOptions(options: NatsBackplaneOptions): CheckedOptions {
  checkNames(options)
  checkValues(options)
  const { servers = 'nats://127.0.0.1:4222', replicas = 1, storage = 'file' } = options
  return {
    servers: typeof servers === 'string' ? [servers] : servers,
    prefix: options.prefix ?? 'chat',
    replicas,
    storage,
    retention: fillDefaults(
      { count: 10_000, bytes: -1, age: 3_600_000, forgetAfter: 600_000 },
      options.retention,
    ),
    sessions: fillDefaults({ count: 1_000_000, age: 3_600_000 }, options.sessions),
    dedupeWindow: options.dedupeWindow ?? 120_000,
    timeout: options.timeout ?? 5_000,
    connection: options.connection ?? {},
    client: options.client ?? null,
    allowUnsafeReplicas: options.allowUnsafeReplicas ?? false,
    runtime: options.runtime ?? systemRuntime,
  }
}

function checkNames(options: NatsBackplaneOptions): void {
  checkOptionsWithHint(starting, options, optionNames)
  checkOptionsWithHint(starting, options.retention, retentionNames, 'retention')
  checkOptionsWithHint(starting, options.sessions, sessionNames, 'sessions')
}

function checkValues(options: NatsBackplaneOptions): void {
  const { servers, prefix, replicas, storage, client, retention = {}, sessions = {} } = options
  if (servers !== undefined && !isServers(servers))
    refuse('servers', 'a URL or an array of URLs, such as `nats://127.0.0.1:4222`', servers)
  checkText(starting, 'prefix', prefix)
  if (prefix !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(prefix))
    refuse('prefix', '1 to 32 letters, digits, `_` and `-`', prefix)
  if (replicas !== undefined && ![1, 3, 5].includes(replicas)) refuse('replicas', '1, 3 or 5', replicas)
  if (storage !== undefined && storage !== 'file' && storage !== 'memory')
    refuse('storage', "'file' or 'memory'", storage)
  checkObject(starting, 'connection', options.connection)
  if (client !== undefined && !isClient(client))
    refuse('client', "a NATS client, such as `await import('@nats-io/transport-node')`", client)
  checkBoolean(starting, 'allowUnsafeReplicas', options.allowUnsafeReplicas)
  checkRuntime(starting, 'runtime', options.runtime)
  checkCount('retention.count', retention.count)
  checkCount('sessions.count', sessions.count)
  if (retention.bytes !== -1) checkCount('retention.bytes', retention.bytes)
  checkDuration(starting, 'dedupeWindow', options.dedupeWindow)
  checkDuration(starting, 'timeout', options.timeout)
  // JetStream takes no age below 100 ms.
  checkAge('retention.age', retention.age)
  checkAge('retention.forgetAfter', retention.forgetAfter)
  checkAge('sessions.age', sessions.age)
}

function isServers(servers: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers]
  return list.length > 0 && list.every((server) => typeof server === 'string' && server !== '')
}

function isClient(client: Partial<NatsClient> | null): boolean {
  return typeof client?.connect === 'function' && typeof client.headers === 'function'
}

function checkCount(name: string, value: unknown): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0))
    refuse(name, 'an integer above 0', value)
}

function checkAge(name: string, value: unknown): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= 1_000))
    refuse(name, 'an integer of at least 1000 milliseconds', value)
}

function refuse(name: string, wanted: string, value: unknown): never {
  throw new UsageError(
    `unable to ${starting}: the option '${name}' must be ${wanted}, but is ${describe(value)}`,
  )
}
