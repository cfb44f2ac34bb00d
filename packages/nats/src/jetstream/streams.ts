import { UsageError } from '@chat/core'
import { unavailable } from '../connection/unavailable.ts'
import type { Names } from '../names.ts'
import type { CheckedOptions } from '../options.ts'
import { type ApiError, apiCodes, describeError, type JetStream } from './jetstream.ts'

/** The configuration of a stream, as JetStream names its parts. */
export interface StreamConfig {
  readonly name: string
  readonly subjects: readonly string[]
  readonly [part: string]: unknown
}

interface StreamAnswer {
  readonly error?: ApiError
  readonly config?: Readonly<Record<string, unknown>>
  readonly created?: string
}

/** The version of the data, which stands in the description of each stream. */
export const dataVersion = '@chat/nats data 1'
const nanoseconds = 1_000_000

/** The parts of a configuration that a node changes when its options differ. */
const changeable = [
  'subjects',
  'max_age',
  'max_bytes',
  'max_msgs',
  'max_msgs_per_subject',
  'num_replicas',
  'republish',
]

/**
 * Returns the milliseconds for which the server keeps a message of a log. A marker, by which a log is not
 * forgotten, is a message, too.
 */
export const keptFor = ({ age, forgetAfter }: CheckedOptions['retention']): number =>
  Math.max(age, forgetAfter)

/** Milliseconds for which a stream can be written before its oldest messages are removed, besides the age of logs. */
const longestWriting = 86_400_000

/** Returns the streams under a prefix. */
export function streamConfigs(names: Names, options: CheckedOptions): StreamConfig[] {
  const { retention, sessions, replicas, storage } = options
  const common = {
    description: dataVersion,
    retention: 'limits',
    discard: 'old',
    storage,
    num_replicas: replicas,
    // No message has an id, so the server remembers no id: the shortest window that servers take.
    duplicate_window: 100 * nanoseconds,
  }
  const kept = { max_age: sessions.age * nanoseconds, max_msgs_per_subject: 1 }
  return [
    {
      ...common,
      name: names.logStream,
      subjects: names.logSubjects,
      max_age: keptFor(retention) * nanoseconds,
      max_msgs_per_subject: retention.count,
      max_bytes: retention.bytes,
      republish: names.republish,
    },
    {
      ...common,
      name: names.openStream,
      subjects: names.openSubjects,
      // The nodes remove a stream as a whole; the server removes one that no node looks at any more.
      max_age: (keptFor(retention) + longestWriting) * nanoseconds,
      max_msgs_per_subject: -1,
      max_bytes: retention.bytes,
      republish: names.republishOpen,
    },
    {
      ...common,
      ...kept,
      name: names.sessionStream,
      subjects: names.sessionSubjects,
      max_msgs: sessions.count,
      max_bytes: -1,
    },
    { ...common, ...kept, name: names.presenceStream, subjects: names.presenceSubjects, max_bytes: -1 },
  ]
}

/** Makes sure that the streams of a backplane exist, and tells when one of them was made anew. */
export class Streams {
  readonly #jetstream: JetStream
  readonly #configs: readonly StreamConfig[]
  readonly #created = new Map<string, string>()

  constructor(jetstream: JetStream, configs: readonly StreamConfig[]) {
    this.#jetstream = jetstream
    this.#configs = configs
  }

  /**
   * Makes the streams that are missing, and changes those whose limits differ. Returns the names of those
   * that were made since the last call.
   *
   * @throws UsageError when a stream cannot be used, and another attempt will not help.
   */
  async ensure(): Promise<string[]> {
    const all = await Promise.all(
      this.#configs.map(async (config) => ({ name: config.name, created: await this.#ensureOne(config) })),
    )
    const changed = all.filter(({ name, created }) => this.#created.get(name) !== created)
    for (const { name, created } of changed) this.#created.set(name, created)
    return changed.map(({ name }) => name)
  }

  async #ensureOne(config: StreamConfig): Promise<string> {
    const { name } = config
    const found = await this.#jetstream.call<StreamAnswer>(`STREAM.INFO.${name}`)
    if (found.error?.err_code === apiCodes.streamNotFound) return this.#create(config)
    if (found.error !== undefined || found.config === undefined || found.created === undefined)
      throw failure(name, found.error)
    this.#check(config, found.config)
    if (changeable.some((part) => differs(found.config?.[part], config[part]))) await this.#update(config)
    return found.created
  }

  async #create(config: StreamConfig): Promise<string> {
    const { error, created } = await this.#jetstream.call<StreamAnswer>(
      `STREAM.CREATE.${config.name}`,
      config,
    )
    // Another node has just made it, with other options.
    if (error?.err_code === apiCodes.nameInUse) return this.#ensureOne(config)
    if (created === undefined) throw failure(config.name, error)
    return created
  }

  async #update(config: StreamConfig): Promise<void> {
    const { error } = await this.#jetstream.call<StreamAnswer>(`STREAM.UPDATE.${config.name}`, config)
    if (error !== undefined) throw failure(config.name, error)
  }

  #check({ name, storage }: StreamConfig, found: Readonly<Record<string, unknown>>): void {
    if (found.description !== dataVersion)
      throw new UsageError(
        `unable to start the NATS backplane: the stream '${name}' has the description ${JSON.stringify(found.description ?? '')} in place of '${dataVersion}', so it holds data of another version or another program; choose another 'prefix', or delete the stream`,
      )
    if (found.storage !== storage)
      throw new UsageError(
        `unable to start the NATS backplane: the stream '${name}' has the storage '${String(found.storage)}', and the option 'storage' is '${String(storage)}'; a stream cannot change it, so delete the stream or change the option`,
      )
  }
}

/** Errors of JetStream that another attempt will not mend. */
const lasting: ReadonlySet<number | undefined> = new Set([
  apiCodes.insufficientStorage,
  apiCodes.insufficientResources,
  apiCodes.noSuitablePeers,
  apiCodes.replicasNotSupported,
  apiCodes.overlaps,
  apiCodes.notEnabled,
  apiCodes.notEnabledForAccount,
])

function failure(name: string, error: ApiError | undefined): Error {
  const operation = `make the stream '${name}'`
  if (error !== undefined && lasting.has(error.err_code))
    return new UsageError(`unable to ${operation}: ${describeError(error)}; ${remedy(error.err_code)}`)
  return unavailable(operation, describeError(error))
}

function remedy(code: number | undefined): string {
  if (code === apiCodes.overlaps) return "another stream has these subjects: choose another 'prefix'"
  if (code === apiCodes.noSuitablePeers || code === apiCodes.replicasNotSupported)
    return "start as many servers with JetStream as 'replicas' says, or lower it"
  if (code === apiCodes.insufficientStorage || code === apiCodes.insufficientResources)
    return "lower 'retention.bytes', or give JetStream more storage"
  return 'start nats-server with JetStream (`-js`), and enable it for the account'
}

/** Compares as JSON; `undefined` on the server is 0, -1 or a missing part. */
function differs(found: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return false
  return JSON.stringify(found ?? -1) !== JSON.stringify(wanted)
}
