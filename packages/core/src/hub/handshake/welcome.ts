import type { HelloFrame, StreamRequest } from '../../protocol/client-frames.ts'
import { encodeLogStart, type WireError } from '../../protocol/encode.ts'
import { chain, type MaybePromise } from '../../runtime/maybe-promise.ts'
import { Frame } from '../../transport/batch.ts'
import { addressKind, parentOf } from '../../vocabulary/address.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import { StreamFeed } from '../delivery/stream-feed.ts'
import { type AcquireOutcome, acquireLog, releaseLog } from '../operations/acquire-log.ts'
import { acquireStream } from '../operations/acquire-stream.ts'
import { foreignAddress } from '../operations/checks.ts'
import { tooManyRooms } from '../operations/join.ts'
import { tooManyStreams } from '../operations/join-stream.ts'
import { authorize } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import type { AcquiredLog } from '../sessions/subscriptions.ts'

/** A log that the session may receive, or its refusal. */
type Prepared = AcquiredLog | { readonly refused: WireError }

const malformed: WireError = {
  code: 'bad_request',
  message: 'unable to join: the address or its position is malformed',
}

/** A stream of the `hello`. */
interface Stream {
  readonly address: string
  readonly since: StreamRequest
  /** `null` until it is prepared. */
  prepared: Prepared | null
}

/** Options of a {@link Welcome}. */
export interface WelcomeOptions {
  /** Tells whether the connection has ended. */
  readonly isCancelled: () => boolean
  /** Called in the step in which the `welcome` is written. */
  readonly onWritten: () => void
}

/**
 * The end of a handshake. It prepares each stream that the `hello` names, and `*` and the user's inbox, with
 * a permission for each room (P-HS-7). Then it attaches all of them and writes the `welcome`, in one
 * synchronous step.
 */
export class Welcome {
  readonly #session: Session
  readonly #secret: string
  readonly #options: WelcomeOptions
  #streams: readonly Stream[] = []
  /** Number of rooms, and of streams, that were to be joined so far. */
  readonly #counts = { room: 0, stream: 0 }
  /** The answers of the policy, by the address of the room: it is asked once for a room and its streams. */
  readonly #permissions = new Map<string, MaybePromise<WireError | null>>()
  /** The {@link Session.revision} at which the policy was asked. */
  #askedAt: number
  #failure: { readonly error: unknown } | null = null

  constructor(session: Session, secret: string, options: WelcomeOptions) {
    this.#session = session
    this.#secret = secret
    this.#options = options
    this.#askedAt = session.revision
  }

  /**
   * Prepares the streams and writes the `welcome`, unless the connection ends meanwhile. Resolves with the
   * error of the backplane when the log of `*` or of the inbox is out of reach, else with `null`.
   */
  async write(hello: HelloFrame): Promise<{ readonly error: unknown } | null> {
    this.#streams = this.#streamsOf(hello)
    await Promise.all(this.#streams.map((stream) => this.#prepare(stream)))
    while (this.#proceeds() && this.#askedAt !== this.#session.revision) await this.#askAgain()
    if (this.#proceeds()) {
      this.#open()
      return null
    }
    const departure = this.#session.ended ? this.#session.departure : 'lost'
    for (const { prepared } of this.#streams)
      if (prepared !== null && 'feed' in prepared) releaseLog(this.#session, prepared, departure)
    return this.#failure
  }

  /** Every session receives `*` and its inbox, which the `hello` need not name. */
  #streamsOf({ streams }: HelloFrame): Stream[] {
    const own = ['*', this.#session.inbox]
    const rooms = [...streams.keys()].filter((address) => !own.includes(address))
    return [...own, ...rooms].map((address) => ({
      address,
      since: streams.get(address) ?? null,
      prepared: null,
    }))
  }

  #proceeds(): boolean {
    return !this.#options.isCancelled() && this.#failure === null
  }

  #prepare(stream: Stream): MaybePromise<void> {
    const { address, since } = stream
    const prepared = this.#isOwn(address)
      ? this.#acquire(address, since === 'malformed' ? null : since)
      : this.#prepareRoom(stream)
    return chain(prepared, (log) => {
      stream.prepared = log
    })
  }

  async #prepareRoom({ address, since }: Stream): Promise<Prepared> {
    const kind = addressKind(address)
    if (kind === null || since === 'malformed') return { refused: malformed }
    if (kind !== 'room' && kind !== 'stream') return { refused: foreignAddress }
    const { limits } = this.#session.context
    const [limit, excess] = kind === 'room' ? [limits.rooms, tooManyRooms] : [limits.streams, tooManyStreams]
    if (++this.#counts[kind] > limit) return { refused: excess(this.#session) }
    const refused = await this.#askOnce(kind === 'room' ? address : parentOf(address))
    if (refused !== null) return { refused }
    if (kind === 'room') return this.#acquire(address, since)
    const stream = await acquireStream(this.#session, address, since)
    return stream
  }

  /** Asks for the permission to join a room, or to read the streams of an address (P-SM-4). */
  #askOnce(address: string): MaybePromise<WireError | null> {
    if (this.#isOwn(address)) return null
    if (!address.startsWith('#')) return foreignAddress
    const known = this.#permissions.get(address)
    if (known !== undefined) return known
    const answer = authorize(this.#session, { action: 'join', address })
    this.#permissions.set(address, answer)
    return answer
  }

  #acquire(address: string, since: Position | null): MaybePromise<Prepared> {
    // The session is present with the state that it had before (P-PR-6).
    const acquired = acquireLog(this.#session, { address, since, state: undefined })
    return chain<AcquireOutcome, Prepared>(acquired, (log) => {
      if (!('refused' in log)) return log
      // A session that cannot receive its inbox is of no use, so the handshake fails.
      if (this.#isOwn(address)) this.#failure = { error: log.error }
      return { refused: log.refused }
    })
  }

  #isOwn(address: string): boolean {
    return address === '*' || address === this.#session.inbox
  }

  /** Asks again for the permission to each room, because a permission was taken back meanwhile. */
  async #askAgain(): Promise<void> {
    const session = this.#session
    this.#askedAt = session.revision
    this.#permissions.clear()
    await Promise.all(
      this.#streams.map(async (stream) => {
        const { address, prepared } = stream
        if (this.#isOwn(address) || prepared === null || !('feed' in prepared)) return
        const refused = await this.#askOnce(addressKind(address) === 'stream' ? parentOf(address) : address)
        if (refused === null) return
        releaseLog(session, prepared, 'left')
        stream.prepared = { refused }
      }),
    )
  }

  /** Attaches every stream, writes the `welcome`, and lets the session begin, all in one step. */
  #open(): void {
    this.#session.enter()
    const streams: string[] = []
    for (const { address, prepared } of this.#streams)
      if (prepared !== null) streams.push(`${JSON.stringify(address)}:${this.#attach(prepared)}`)
    const { outbox } = this.#session
    outbox.push(new Frame(`["welcome",${this.#head()},"streams":{${streams.join(',')}}}]`))
    // The welcome is a transmission of its own: over a slow link the client would otherwise give up before it
    // has received the replay as well.
    outbox.flush()
    this.#options.onWritten()
    for (const { prepared } of this.#streams)
      if (prepared !== null && 'feed' in prepared && prepared.feed instanceof StreamFeed)
        this.#session.streams.joined(prepared.feed)
  }

  #attach(prepared: Prepared): string {
    if ('refused' in prepared) {
      const { code, message } = prepared.refused
      return JSON.stringify({ mode: 'refused', code, message })
    }
    return encodeLogStart(this.#session.subscriptions.attachLog(prepared))
  }

  /**
   * Encodes the `welcome` without its streams and the closing brace. Addresses are data: they must not become
   * keys of an object here.
   */
  #head(): string {
    const { context, id, userId, expiresIn, resumed } = this.#session
    const session = `{"id":${JSON.stringify(id)},"secret":${JSON.stringify(this.#secret)}}`
    const expires = expiresIn === undefined ? '' : `,"expires":${Math.floor(expiresIn)}`
    return `{"v":1,"session":${session},"user":${JSON.stringify(userId)},"resumed":${resumed},${factsOf(context)}${expires}`
  }
}

/** The part of the `welcome` that all clients of a hub get, encoded once. */
const facts = new WeakMap<HubContext, string>()

function factsOf(context: HubContext): string {
  let text = facts.get(context)
  if (text === undefined) {
    text = encodeFacts(context).slice(1, -1)
    facts.set(context, text)
  }
  return text
}

function encodeFacts({ id, limits, timeouts, backplane, hasClientStreams }: HubContext): string {
  const { frame, transmission, depth, rooms, streams, inflight, rate, burst, queue, replay } = limits
  return JSON.stringify({
    node: id,
    heartbeat: timeouts.heartbeat,
    grace: timeouts.heartbeatGrace,
    limits: { frame, transmission, depth, rooms, streams, inflight, rate, burst, queue, replay },
    durability: backplane.capabilities.durability,
    features: hasClientStreams ? ['writers'] : [],
  })
}
