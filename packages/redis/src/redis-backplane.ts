import { ChatError, type MaybePromise, type Position, type Runtime, type Undo } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  PresenceStore,
  SessionStore,
} from '@chat/core/backplane'
import type { Connection } from './connection.ts'
import { decodeHint } from './entry.ts'
import { Health } from './health.ts'
import type { Keys } from './keys.ts'
import { LogStore } from './log-store.ts'
import type { Settings } from './options.ts'
import { RedisPresenceStore } from './presence-store.ts'
import type { Probes } from './probes.ts'
import type { Server } from './server.ts'
import { RedisSessionStore } from './session-store.ts'
import type { SubscriberPool } from './subscriber-pool.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Tuning } from './tuning.ts'

/** Maximum size of a message, in bytes: its data and meta as JSON. */
const largestPayload = 512 * 1024

/** The connected parts of a {@link RedisBackplane}. */
export interface BackplaneParts {
  readonly runtime: Runtime
  readonly settings: Settings
  readonly tuning: Tuning
  readonly connection: Connection
  readonly server: Server
  readonly keys: Keys
  readonly pool: SubscriberPool
  readonly subscriptions: Subscriptions
  readonly probes: Probes
}

/** The backplane of a node over Redis or Valkey. */
export class RedisBackplane implements Backplane {
  readonly capabilities: BackplaneCapabilities
  readonly sessions: SessionStore
  readonly presence: PresenceStore
  readonly #parts: BackplaneParts
  readonly #logs: LogStore
  readonly #health: Health
  #closed = false

  constructor(parts: BackplaneParts) {
    const { server, keys, runtime, settings, tuning, subscriptions } = parts
    this.#parts = parts
    const { retention, dedupeWindow, wait } = settings
    // A log, and its epoch, must outlive two checks of the hubs that listen to it.
    const ttl = Math.max(2 * retention.age, tuning.leastTtl)
    this.#logs = new LogStore(server, keys, { retention, dedupeWindow, ttl })
    this.sessions = new RedisSessionStore(server, keys, {
      markTime: tuning.markTtl,
      onTime: (time) => this.#logs.noteSessionTime(time),
    })
    this.presence = new RedisPresenceStore({ server, keys, subscriptions, runtime, ttl })
    this.#health = new Health({ runtime, interval: tuning.probeInterval, test: () => this.#test() })
    this.capabilities = {
      ...{ name: 'redis', durability: wait === null ? 'log' : 'replicated', hints: 'connected' },
      ...{ reverseReads: true, dedupeWindow, largestPayload, largestRoom: null },
    }
    this.#health.start()
  }

  /** Notes that hints, or an answer, may have been lost. */
  suspect(): void {
    this.#health.suspect()
  }

  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected?: Position | null,
  ): MaybePromise<AppendResult> {
    return this.#logs.append(stream, message, key, expected)
  }

  find(stream: string, key: AppendKey): MaybePromise<AppendResult | null> {
    return this.#logs.find(stream, key)
  }

  read(stream: string, range: LogRange): MaybePromise<LogPage> {
    const { subscriptions, keys } = this.#parts
    const opened = subscriptions.opened(keys.channel(stream))
    return opened === null
      ? this.#logs.read(stream, range)
      : opened.then(() => this.#logs.read(stream, range))
  }

  heads(streams: readonly string[]): MaybePromise<readonly LogHead[]> {
    return this.#logs.heads(streams)
  }

  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    const { subscriptions, keys } = this.#parts
    return subscriptions.listen(keys.channel(stream), (text) => {
      // After a loss the server may be another, whose log lacks entries. A hint of it may continue the position
      // of a node by chance, so a node hears hints only after it was told to compare its position.
      const hint = text[0] === 'l' && !this.#health.interrupted ? decodeHint(text.slice(1)) : null
      if (hint !== null) listener(hint)
    })
  }

  bump(stream: string, epoch: string): MaybePromise<void> {
    return this.#logs.bump(stream, epoch)
  }

  redact(stream: string, position: Position): MaybePromise<boolean> {
    return this.#logs.redact(stream, position)
  }

  /** @throws ChatError `unavailable` when there is no connection. The answer of the server is not awaited. */
  publish(channel: string, text: string): void {
    const { connection, server, keys } = this.#parts
    if (!connection.up)
      throw new ChatError('unavailable', 'unable to publish: there is no connection to the server')
    connection.call(server.publishCommand, keys.channel(channel), `c${text}`).catch(() => {})
  }

  subscribe(channel: string, listener: (text: string) => void): Undo {
    const { subscriptions, keys } = this.#parts
    return subscriptions.listen(keys.channel(channel), (text) => {
      if (text[0] === 'c') listener(text.slice(1))
    })
  }

  onReconnect(listener: () => void): Undo {
    return this.#health.onReconnect(listener)
  }

  async probe(): Promise<void> {
    await this.#parts.connection.probe()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { subscriptions, pool, connection } = this.#parts
    this.#health.close()
    subscriptions.close()
    pool.close()
    await connection.close()
  }

  async #test(): Promise<void> {
    const { connection, pool, probes } = this.#parts
    await connection.probe()
    await pool.refresh()
    await Promise.all(pool.ways.map((way) => probes.test(way)))
  }
}
