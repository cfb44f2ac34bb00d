import type { Position } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Complete,
  LogHead,
  LogPage,
  LogRange,
  NewMessage,
} from '@chat/core/backplane'
import { pageBytes } from '@chat/core/backplane'
import { decodeEntry, decodeId, encodeMessage } from './entry.ts'
import type { Keys } from './keys.ts'
import type { RedisRetention } from './options.ts'
import { decodeKnown, encodeHash, encodeMessageId, type KnownParts } from './ring.ts'
import { append } from './scripts/append.ts'
import { bump } from './scripts/bump.ts'
import { read } from './scripts/read.ts'
import { redact } from './scripts/redact.ts'
import { touch } from './scripts/touch.ts'
import type { Server } from './server.ts'

/** Settings of a {@link LogStore}. */
export interface LogSettings {
  readonly retention: Complete<RedisRetention>
  readonly dedupeWindow: number
  /** Duration for which a log is kept after its last use, in milliseconds. */
  readonly ttl: number
}

/** A bound that is never reached, as Lua can count. */
const endless = 1e15

type AppendReply =
  | [1, epoch: string, at: number, time: number]
  | [2, ...KnownParts]
  | [3]
  | [4]
  | [5, epoch: string, at: number, id: string, event: string]

type ReadReply = [
  epoch: string,
  base: number,
  baseId: string,
  top: number,
  topId: string,
  first: number,
  afterId: string,
  behind: number,
  entries: string[],
]

/** The logs, and the repetitions that they recognise. */
export class LogStore {
  readonly #server: Server
  readonly #keys: Keys
  readonly #settings: LogSettings
  /** Duration for which the hub keeps the record of a session after its end, in milliseconds. */
  #sessionTime = 0

  constructor(server: Server, keys: Keys, settings: LogSettings) {
    this.#server = server
    this.#keys = keys
    this.#settings = settings
  }

  /**
   * Notes the duration for which a session can be resumed. Its refs are remembered as long: a client whose
   * clock stands still, because its device sleeps, repeats a send when it comes back.
   */
  noteSessionTime(time: number): void {
    this.#sessionTime = Math.max(this.#sessionTime, Math.ceil(time))
  }

  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected: Position | null | undefined,
  ): Promise<AppendResult> {
    const { meta, list } = this.#keys.log(stream)
    const { dedupeWindow } = this.#settings
    const { count, bytes, age, ttl, least } = this.#boundsOf(stream)
    const server = this.#server
    const stored = server.store(
      append,
      [meta, list, this.#keys.ring(stream, key.user, key.session)],
      [
        ...[server.clock(), server.waits ? 'wait' : '', key.ref, key.previousRef ?? 0, key.by],
        ...[
          encodeMessageId(message.id, key),
          encodeHash(key.hash),
          key.window,
          dedupeWindow + this.#sessionTime,
        ],
        ...[encodeExpected(expected), this.#keys.channel(stream), this.#server.ids.next()],
        ...[JSON.stringify(message.id), encodeMessage(message)],
        ...[count, bytes, age, message.keep ?? ttl, server.publishCommand, least],
      ],
    )
    return stored.then((reply) => decodeAppend(reply as AppendReply, message.id, key))
  }

  async find(stream: string, key: AppendKey): Promise<AppendResult | null> {
    const ring = this.#keys.ring(stream, key.user, key.session)
    const reply = await this.#server.call('hmget', ring, key.ref, 'g', 'e', 'b')
    const [value, greatest, epoch, node] = reply as (string | null)[]
    if (value != null) return decodeKnown([value, epoch ?? '', node ?? ''], key)
    if (key.ref <= Number(greatest ?? 0)) return { outcome: 'conflict' }
    return (key.previousRef ?? 0) > Number(greatest ?? 0) ? { outcome: 'early' } : null
  }

  async read(stream: string, range: LogRange): Promise<LogPage> {
    const { meta, list } = this.#keys.log(stream)
    const { least, age } = this.#boundsOf(stream)
    const forwards = 'after' in range
    const offset = forwards ? range.after : (range.before ?? '')
    const reply = (await this.#server.run(
      read,
      [meta, list],
      [
        ...[this.#server.clock(), this.#server.ids.next(), least, age],
        ...[forwards ? 'after' : 'before', offset, range.limit, pageBytes],
      ],
    )) as ReadReply
    return decodePage(reply, range)
  }

  /** Reads the places of logs. Those that are unknown, or whose time is half over, are kept by a call each. */
  async heads(streams: readonly string[]): Promise<LogHead[]> {
    return Promise.all(streams.map((stream) => this.#head(stream)))
  }

  async bump(stream: string, epoch: string): Promise<void> {
    await this.#server.run(bump, [this.#keys.log(stream).meta], [epoch, this.#server.ids.next()])
  }

  async redact(stream: string, [epoch, at, id]: Position): Promise<boolean> {
    const { meta, list } = this.#keys.log(stream)
    const redacted = [JSON.stringify('$redacted'), 'null', this.#server.ids.next()]
    const args = [epoch, at, JSON.stringify(id), ...redacted]
    return (await this.#server.run(redact, [meta, list], args)) === 1
  }

  /**
   * Returns the bounds of a log. A stream is not trimmed: the time of its keys is that of its last message. `least`
   * is the time for which a look keeps a log; 0 for a stream, of which a look leaves no trace.
   */
  #boundsOf(stream: string): Complete<RedisRetention> & { readonly ttl: number; readonly least: number } {
    const { retention, ttl } = this.#settings
    if (!stream.startsWith('^')) return { ...retention, ttl, least: ttl }
    return { count: endless, bytes: endless, age: endless, ttl: retention.age, least: 0 }
  }

  async #head(stream: string): Promise<LogHead> {
    if (stream.startsWith('^')) return this.read(stream, { before: null, limit: 1 })
    const { meta, list } = this.#keys.log(stream)
    const [fields, left] = (await Promise.all([
      this.#server.call('hmget', meta, 'e', 'n'),
      this.#server.call('pttl', meta),
    ])) as [(string | null)[], number]
    const [epoch, top] = fields
    if (epoch != null && left >= this.#settings.ttl / 2) return { epoch, top: Number(top ?? 0) }
    const args = [this.#server.ids.next(), this.#settings.ttl]
    const [kept, newest] = (await this.#server.run(touch, [meta, list], args)) as [string, number]
    return { epoch: kept, top: newest }
  }
}

function encodeExpected(expected: Position | null | undefined): string {
  if (expected === undefined) return ''
  if (expected === null) return 'empty'
  const [epoch, at, id] = expected
  return `${epoch}\n${at}\n${id === null ? '' : JSON.stringify(id)}`
}

function decodeAppend(reply: AppendReply, id: string, key: AppendKey): AppendResult {
  switch (reply[0]) {
    case 1:
      return { outcome: 'stored', epoch: reply[1], at: reply[2], id, time: reply[3], by: key.by }
    case 2:
      return decodeKnown([reply[1], reply[2], reply[3]], key)
    case 3:
      return { outcome: 'conflict' }
    case 4:
      return { outcome: 'early' }
    case 5: {
      const [, epoch, at, newest, event] = reply
      return { outcome: 'overtaken', epoch, at, id: decodeId(newest), event: decodeId(event) }
    }
  }
}

function decodePage(reply: ReadReply, range: LogRange): LogPage {
  const [epoch, base, baseId, top, topId, first, afterId, bytes, texts] = reply
  const entries = texts.map((text, index) => decodeEntry(first + index, text))
  const last = first + texts.length - 1
  const forwards = 'after' in range
  return {
    ...{ epoch, base, baseId: decodeId(baseId), top, topId: decodeId(topId), exists: top > 0, entries },
    ...{ afterId: decodeId(afterId), prev: first - 1 },
    more: texts.length > 0 && (forwards ? last < top : first > base + 1),
    behind: forwards
      ? { messages: Math.max(0, top - Math.max(range.after, base)), bytes }
      : { messages: 0, bytes: 0 },
  }
}
