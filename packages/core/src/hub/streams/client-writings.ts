import type { AppendKey, AppendResult, NewMessage } from '../../backplane/backplane.ts'
import type { WireError } from '../../protocol/encode.ts'
import { cancelPatience, clientStreams, streamEntryBytes } from '../../protocol/limits.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { UncertainError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { endEvent } from '../../vocabulary/message.ts'
import { type Position, samePosition } from '../../vocabulary/position.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import { readStored, readTop } from './stored-stream.ts'
import type { StoredEnd } from './stream-end.ts'
import type { StreamEnds } from './stream-ends.ts'
import { headMessage, type StreamHead } from './stream-head.ts'
import type { StreamLogs } from './stream-logs.ts'
import type { StreamWatch } from './stream-watch.ts'

/** Delay after the end of a session's record, for the time that its last renewal was on its way. */
const margin = 1_000

/** The parts of a node that {@link ClientWritings} use. */
export interface ClientWritingsServices {
  readonly context: HubContext
  readonly logs: StreamLogs
  readonly ends: StreamEnds
  readonly watch: StreamWatch
}

/** The session that writes a stream, on one of its connections. */
export interface StreamAuthor {
  readonly id: string
  readonly userId: string
  readonly revision: number
  /** True once the connection has ended. */
  readonly ended: boolean
}

/** A stream as a client writes it on one connection. */
export interface ClientWriting {
  readonly head: StreamHead
  readonly author: StreamAuthor
  /** The place of the last entry. */
  position: Position
  /** Bytes that may still be written. */
  left: number
  /** The {@link StreamAuthor.revision} at which the policy has allowed the writing; `null` before that. */
  allowedAt: number | null
  /**
   * Time of the head, and the parts since then with their bytes, for the observer; `null` when they are not
   * known.
   */
  readonly seen: { readonly since: number; parts: number; bytes: number } | null
}

/** A head on its way into the log of its stream. */
export interface OpeningHead {
  readonly head: StreamHead
  readonly key: AppendKey
  /** The {@link StreamAuthor.revision} at which the policy was asked. */
  readonly allowedAt: number
}

/** A part, or the end, on its way into the log of its stream. */
export interface PartAppend {
  /** `$end` for the end. */
  readonly event: string
  readonly data: JsonText
  readonly id: string
  readonly key: AppendKey
}

/** Place of an entry in its log. */
export interface EntryPlace {
  readonly epoch: string
  readonly at: number
  readonly id: string
}

const usedRef: WireError = {
  code: 'conflict',
  message: 'unable to send: this ref was used for something else, or is too old to be known',
}
const gone: WireError = { code: 'not_found', message: 'unable to send: there is no such stream' }
const tooLarge: WireError = {
  code: 'too_large',
  message: `unable to send: a stream of a client has at most ${clientStreams.bytes} bytes`,
}
const ended = (state?: string): WireError => ({
  code: 'conflict',
  message: 'unable to send: the stream has ended',
  detail: state && { state },
})

/** Tells if a result is an error. */
export const isFault = (result: object): result is WireError => 'code' in result

/**
 * The streams that the clients of this node write (P-SM-12). A stream is known here from its head, or from the
 * first part on a later connection, for which its log is read: the client may have written it at another node.
 */
export class ClientWritings {
  readonly #services: ClientWritingsServices
  /** By user and address; `null` for a stream whose head is on its way. */
  readonly #users = new Map<string, Map<string, ClientWriting | null>>()
  /** Stop the timers of the streams that are forgotten later. */
  readonly #timers = new Set<Undo>()

  constructor(services: ClientWritingsServices) {
    this.#services = services
  }

  /** Takes a place for a stream of a user. Returns `false` when the user has too many on this node. */
  reserve(user: string, address: string): boolean {
    const open = this.#users.get(user) ?? new Map<string, ClientWriting | null>()
    // A repetition of its head takes no further place.
    if (open.size >= clientStreams.open && !open.has(address)) return false
    if (!open.has(address)) open.set(address, null)
    this.#users.set(user, open)
    return true
  }

  /**
   * Appends a head to the log of its stream (P-SM-2). Resolves with the error for the client when the key was used
   * for another message, or the beginning is too large.
   *
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  async open(author: StreamAuthor, { head, key, allowedAt }: OpeningHead): Promise<WireError | null> {
    const { logs, context } = this.#services
    const left = this.#room - utf8Length(head.data) - streamEntryBytes
    if (left < 0) return tooLarge
    const { address } = head
    const result = await logs.append({ address, message: headMessage(head), name: key, expected: null })
    const place = placeOf(result, head.id)
    if (place === null) return usedRef
    if (result.outcome !== 'stored') {
      // The log of a repetition may have parts already, and even the end.
      if (isFault(await this.find(author, address))) this.forget(author.userId, address)
      return null
    }
    const seen = { since: context.observedSince, parts: 0, bytes: utf8Length(head.data) }
    const position: Position = [place.epoch, place.at, place.id]
    this.#add({ head, author, position, left, allowedAt, seen })
    this.#observe(head, 'open', seen)
    return null
  }

  /**
   * Finds the stream that a session writes: `not_found` for a stream that is gone, `conflict` for a stream that has
   * ended.
   *
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  async find(author: StreamAuthor, address: string): Promise<ClientWriting | WireError> {
    const known = this.#users.get(author.userId)?.get(address)
    if (known?.author === author) return known
    const stored = await readStored(this.#services.logs, address)
    if (stored === null) return gone
    if ('end' in stored) return ended(stored.end.state)
    const { head, position, bytes } = stored
    const writing: ClientWriting = {
      head,
      author,
      position,
      left: this.#room - bytes,
      allowedAt: null,
      seen: null,
    }
    this.#add(writing)
    return writing
  }

  /**
   * Appends a part or the end. The end has been taken when the result is stored, too (P-SM-7).
   *
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  async write(writing: ClientWriting, part: PartAppend): Promise<EntryPlace | WireError> {
    const isEnd = part.event === endEvent
    const bytes = utf8Length(part.data)
    if (!isEnd && bytes + streamEntryBytes > writing.left) return tooLarge
    const { context, logs } = this.#services
    const { address, from } = writing.head
    const { event, data, id, key } = part
    const keep = isEnd ? context.streams.keep : undefined
    const message: NewMessage = { event, data, meta: null, from, id, keep }
    const since = context.observedSince
    const result = await logs.append({ address, message, name: key, expected: writing.position })
    const place = placeOf(result, id) ?? (await this.#lookUp(writing, id))
    if (isFault(place)) return place
    writing.position = [place.epoch, place.at, place.id]
    if (isEnd) await this.#settle(writing, data)
    else this.#count(writing, bytes, since)
    return place
  }

  /**
   * Ends a stream that its writer cannot go on with: as `failed` with the error that the writer has got, and as
   * `lost` when entries are missing (P-SM-3).
   */
  fail(user: string, address: string, { code, message }: WireError): void {
    this.forget(user, address)
    const isLost = code === 'conflict' || code === 'not_found'
    this.#endLater(address, isLost ? { state: 'lost' } : { state: 'failed', code, message })
  }

  /** Makes sure of the result of a stream whose end is stored. */
  async settleEnd(user: string, address: string): Promise<void> {
    this.forget(user, address)
    await this.#services.ends.end(address, { state: 'lost' })
  }

  /** Frees the place of a stream. */
  forget(user: string, address: string): void {
    const open = this.#users.get(user)
    open?.delete(address)
    if (open?.size === 0) this.#users.delete(user)
  }

  /** Called when a connection of a session has ended: its streams are looked for when its record has ended, too. */
  left(author: StreamAuthor): void {
    for (const writing of this.#users.get(author.userId)?.values() ?? [])
      if (writing?.author === author) this.#expireLater(writing)
  }

  /** Called when a stream was cancelled: other hubs end it soon, and its place is free then. */
  cancelled(user: string, address: string): void {
    if (this.#users.get(user)?.has(address) === true)
      this.#later(cancelPatience + margin, () => this.forget(user, address))
  }

  /** Stops what was to be done later. */
  end(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  get #room(): number {
    return Math.min(clientStreams.bytes, this.#services.context.streams.bytes)
  }

  #add(writing: ClientWriting): void {
    const { author, head } = writing
    const open = this.#users.get(author.userId) ?? new Map<string, ClientWriting | null>()
    open.set(head.address, writing)
    this.#users.set(author.userId, open)
    // The connection may have ended while the log was on its way.
    if (author.ended) this.#expireLater(writing)
  }

  #expireLater(writing: ClientWriting): void {
    this.#later(this.#services.context.timeouts.session + margin, () => this.#expire(writing))
  }

  /** Forgets a stream whose writer has not come back to this node, and ends it if the writer is gone. */
  #expire({ author: { userId }, author, head: { address } }: ClientWriting): void {
    if (this.#users.get(userId)?.get(address)?.author !== author) return
    this.forget(userId, address)
    this.#services.watch.suspect(address)
  }

  #later(delay: number, run: () => void): void {
    const stop = this.#services.context.runtime.timer(
      delay,
      () => {
        this.#timers.delete(stop)
        run()
      },
      'upkeep',
    )
    this.#timers.add(stop)
  }

  /** Looks in the log for the outcome of an append. */
  async #lookUp({ head, position }: ClientWriting, id: string): Promise<EntryPlace | WireError> {
    const top = await readTop(this.#services.logs, head.address)
    if (top === null) return gone
    const [epoch, at, last] = top.position
    if (last === id) return { epoch, at, id }
    return samePosition(position, top.position) ? usedRef : ended(top.end?.state)
  }

  async #settle({ head, author, seen }: ClientWriting, data: JsonText): Promise<void> {
    const { state } = JSON.parse(data) as StoredEnd
    this.#observe(head, state, seen)
    await this.settleEnd(author.userId, head.address)
  }

  #count(writing: ClientWriting, bytes: number, since: number): void {
    const { observe, runtime } = this.#services.context
    const { head, seen } = writing
    writing.left -= bytes + streamEntryBytes
    if (seen !== null) {
      seen.parts++
      seen.bytes += bytes
    }
    const { address, event } = head
    observe?.({ type: 'part', address, event, parts: 1, bytes, took: runtime.now() - since })
  }

  #observe(
    { address, event }: StreamHead,
    state: 'open' | StoredEnd['state'],
    seen: ClientWriting['seen'],
  ): void {
    const { observe, runtime } = this.#services.context
    if (observe === null) return
    const { parts, bytes } = seen ?? { parts: null, bytes: null }
    const took = seen === null ? null : state === 'open' ? 0 : runtime.now() - seen.since
    observe({ type: 'stream', address, event, state, parts, bytes, took })
  }

  #endLater(address: string, end: StoredEnd): void {
    const { ends, context } = this.#services
    ends.end(address, end).catch((error) => {
      if (!(error instanceof UncertainError)) context.reportBackplane(error, address)
    })
  }
}

/** Returns the place of an entry by the answer of its log; `null` when the answer does not tell it. */
function placeOf(result: AppendResult, id: string): EntryPlace | null {
  if (result.outcome === 'conflict' || result.outcome === 'early') return null
  const { epoch, at } = result
  return result.outcome !== 'overtaken' || result.id === id ? { epoch, at, id } : null
}
