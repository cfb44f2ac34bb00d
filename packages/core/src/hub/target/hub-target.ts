import type {
  AnyContract,
  AskName,
  EventInput,
  EventName,
  OperationInput,
  OperationResult,
} from '../../contract/contract.ts'
import { encodeValue } from '../../protocol/json.ts'
import { answerBytes } from '../../protocol/limits.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { ChatError, type ErrorCode, isWireCode, UncertainError, UsageError } from '../../vocabulary/errors.ts'
import { isEventName } from '../../vocabulary/event-name.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import type { Position, Stored } from '../../vocabulary/position.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import { publishCast } from '../operations/publish.ts'
import { revoke } from '../policy/revoke.ts'
import { membersOf } from '../presence/presence-registry.ts'
import { AddressQueues } from '../sessions/address-queues.ts'
import type { Session } from '../sessions/session.ts'

/** What an ask may be given. */
export interface AskOptions {
  /** How long to wait, in milliseconds. Default: 10 000. */
  readonly timeout?: number
  /** Stops waiting; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a client is told that a room is taken from. */
export interface RemoveOptions {
  /** One of the protocol's codes, or one of your own with a `/`. Default: `forbidden`. */
  readonly code?: ErrorCode
  /** Default: `removed by the application`. */
  readonly message?: string
}

/** How an ask to several sessions went: everyone is named, nobody is lost in a rejection. */
export interface AskResults<Answer> {
  readonly replies: readonly { readonly session: string; readonly user: string; readonly answer: Answer }[]
  readonly refused: readonly { readonly session: string; readonly user: string; readonly error: ChatError }[]
  readonly timedOut: readonly { readonly session: string; readonly user: string }[]
}

/** An address to speak to, made by {@link Hub.to}. */
export interface HubTarget<C extends AnyContract> {
  /**
   * Publishes a durable message, and resolves with its place once the log has accepted it.
   *
   * @throws ChatError `bad_payload` when the contract forbids it, `too_large` above 300 KiB.
   * @throws UncertainError when the hub is closed, or `signal` aborted, before the log has answered.
   */
  send<K extends EventName<C>>(
    event: K,
    data: EventInput<C, K>,
    options?: { signal?: AbortSignal },
  ): Promise<Stored>
  /**
   * Publishes a volatile message: never stored, never repeated, dropped first under pressure. Of casts with one `key` only the newest matters: a receiver
   * that does not keep up gets that one when it drains (256 keys and 64 KiB for each connection, then the oldest is dropped).
   *
   * @throws ChatError `bad_payload` when the contract forbids it.
   */
  cast<K extends EventName<C>>(event: K, data: EventInput<C, K>, options?: { key?: string }): void
  /**
   * The place of the newest message; `[epoch, 0, null]` when there is none. Read it before a state in which every message is written before it is sent: then it
   * is a lower bound of that state, as a client's snapshot hook gives it back ({@link Snapshot}).
   *
   * @throws ChatError `unavailable` when the log is out of reach; UsageError for a session, which has none.
   */
  position(): Promise<Position>
  /**
   * Asks the sessions of an address on this node, and resolves with the first answer.
   *
   * @throws ChatError `not_found` when nobody is there, `timeout` when nobody answers in time, what they answered when all refuse.
   * @throws UncertainError when the connections end before an answer.
   */
  ask<K extends AskName<C>>(
    event: K,
    data: OperationInput<C, 'asks', K>,
    options?: AskOptions,
  ): Promise<OperationResult<C, 'asks', K>>
  /** Asks the sessions of an address on this node, and resolves with how each of them answered. */
  askAll<K extends AskName<C>>(
    event: K,
    data: OperationInput<C, 'asks', K>,
    options?: AskOptions,
  ): Promise<AskResults<OperationResult<C, 'asks', K>>>
  /**
   * Who is in this room, at whatever node, in no particular order, with what they say of themselves, which nobody has checked. A session whose connection was lost
   * is here until its grace is over.
   *
   * @throws UsageError when this is no room, or one without presence ({@link HubOptions.presence}).
   * @throws ChatError `unavailable` when the backplane is out of reach.
   */
  members(): Promise<readonly PresenceMember[]>
  /**
   * Takes this room from every session of a user (`@alice`), or from one session (`~s9fK2b_x`), at every node: nothing of it comes to them afterwards, and their
   * clients hear `$leave`. It is no ban: they may join again if `authorize` lets them, so let that refuse first, and remove then.
   *
   * On this node everything is done when the call returns; resolves when the other nodes have been told.
   *
   * @throws UsageError when this is no room, `who` neither a user nor a session, or the code none that a client may be told.
   * @throws ChatError `unavailable` when the backplane is out of reach: the other nodes may not know. Call it again.
   */
  remove(who: string, options?: RemoveOptions): Promise<void>
}

const defaultAskTimeout = 10_000

/**
 * Speaks for the hub itself.
 *
 * @internal
 */
export class HubPublisher {
  readonly #node: HubContext
  /** One append of an address is in doubt at a time, so that a repetition cannot overtake. */
  readonly #lanes = new AddressQueues()
  /** What gives a message up that the log has not answered for. */
  readonly #doubtful = new Set<(cause: unknown) => void>()

  constructor(node: HubContext) {
    this.#node = node
  }

  /** The hub is closed: nothing is repeated any more, so what is in doubt stays in doubt. */
  end(): void {
    for (const giveUp of this.#doubtful)
      giveUp(new ChatError('closed', 'unable to go on: the hub was closed'))
    this.#doubtful.clear()
  }

  target(address: string): HubTarget<AnyContract> {
    if (addressKind(address) === null)
      throw new UsageError(
        `unable to speak to ${JSON.stringify(address)}: an address is '*', '#room', '@user' or '~session'`,
      )
    // What answers with a promise never throws in the call: wrong use rejects it, too.
    return {
      send: async (event, data, options) => this.#send(address, event, data, options?.signal),
      cast: (event, data, options) => this.#cast(address, event, data, options?.key),
      position: async () => this.#position(address),
      members: () => membersOf(this.#node, address),
      ask: async (event, data, options) => this.#ask(address, event, data, options),
      askAll: async (event, data, options) => this.#askAll(address, event, data, options),
      remove: async (who, options) => this.#remove(address, who, options),
    } as HubTarget<AnyContract>
  }

  #send(address: string, event: string, data: unknown, signal: AbortSignal | undefined): Promise<Stored> {
    if (address.startsWith('~'))
      throw new UsageError(
        'unable to send to a session: it takes casts and asks only; send to its user instead',
      )
    checkEvent(event)
    return new Promise((resolve, reject) => {
      this.#node.guard.event(event, data)
      const json = this.#encode(data)
      const { id, n } = this.#node.nextMessage()
      const known = this.#doubt(signal, reject)
      const key = {
        user: '',
        session: this.#node.id,
        ref: n,
        hash: fingerprint(`${event}\n${json}`),
        window: 64,
        by: this.#node.id,
      }
      this.#lanes.run(address, (done) =>
        this.#node.append(
          address,
          { event, data: JSON.parse(json), from: null, id, json },
          key,
          (appended) => {
            known()
            done()
            if (appended.outcome !== 'conflict')
              resolve({ position: [appended.epoch, appended.at, appended.id], id: appended.id })
            else
              reject(new ChatError('conflict', 'unable to send: the log took another message in its place'))
          },
        ),
      )
    })
  }

  /** Until the returned function says that the outcome is known, the signal or the end of the hub leaves it open. */
  #doubt(signal: AbortSignal | undefined, reject: (error: UncertainError) => void): Undo {
    const giveUp = (cause: unknown): void =>
      reject(new UncertainError('unable to tell whether the message was stored: given up', { cause }))
    const ignore = onAbort(signal, giveUp)
    this.#doubtful.add(giveUp)
    return () => {
      ignore()
      this.#doubtful.delete(giveUp)
    }
  }

  #cast(address: string, event: string, data: unknown, key: string | undefined): void {
    checkEvent(event)
    this.#node.guard.event(event, data)
    const value = JSON.parse(this.#encode(data))
    publishCast(this.#node, { address, event, data: value, from: null, session: undefined, key })
  }

  #position(address: string): Promise<Position> {
    if (address.startsWith('~'))
      throw new UsageError('unable to tell the position of a session: it has no log; casts and asks only')
    return new Promise((resolve, reject) =>
      attempt(
        () => this.#node.backplane.read(address, { before: null, limit: 1 }),
        ({ epoch, top, topId }) => resolve([epoch, top, topId]),
        (cause) =>
          reject(
            new ChatError('unavailable', 'unable to tell the position: the log is out of reach', { cause }),
          ),
      ),
    )
  }

  async #ask(address: string, event: string, data: unknown, options: AskOptions = {}): Promise<unknown> {
    const results = await this.#collect({ address, event, first: true }, data, options)
    const [reply] = results.replies
    if (reply !== undefined) return reply.answer
    const [refusal] = results.refused
    if (results.timedOut.length > 0)
      throw new ChatError('timeout', `unable to ask '${event}': nobody answered in time`)
    throw refusal?.error ?? new ChatError('not_found', `unable to ask '${event}': nobody is at ${address}`)
  }

  async #askAll(
    address: string,
    event: string,
    data: unknown,
    options: AskOptions = {},
  ): Promise<AskResults<unknown>> {
    return await this.#collect({ address, event, first: false }, data, options)
  }

  #collect(
    { address, event, first }: { address: string; event: string; first: boolean },
    data: unknown,
    options: AskOptions,
  ): Promise<AskResults<unknown>> {
    checkEvent(event)
    return new Promise((resolve, reject) => {
      this.#node.guard.operation('asks', 'input', event, data)
      const json = this.#encode(data)
      const asked = [...this.#node.router.receivers(address)].filter((session) => session.entered)
      const poll = new AskPoll(asked, first, resolve)
      const ignore = onAbort(options.signal, (reason) => {
        poll.stop()
        reject(reason)
      })
      const cancel = this.#node.runtime.timer(options.timeout ?? defaultAskTimeout, () => poll.finish())
      poll.start(event, json, () => {
        ignore()
        cancel()
      })
    })
  }

  async #remove(address: string, who: string, options: RemoveOptions = {}): Promise<void> {
    const { code = 'forbidden', message = 'removed by the application' } = options
    if (!address.startsWith('#'))
      throw new UsageError(`unable to remove anyone from ${JSON.stringify(address)}: it is no room`)
    if (!isWireCode(code))
      throw new UsageError(`unable to remove with the code '${code}': no client may be told that one`)
    await revoke(this.#node, who, { what: 'room', room: address, why: { code, message } })
  }

  #encode(data: unknown): string {
    let json: string
    try {
      json = encodeValue(data)
    } catch (cause) {
      throw new ChatError('bad_payload', 'unable to send: the data has no JSON form', { cause })
    }
    if (exceedsBytes(json, answerBytes))
      throw new ChatError('too_large', `unable to send: the data is over ${answerBytes} bytes`)
    return json
  }
}

function checkEvent(event: string): void {
  if (!isEventName(event))
    throw new UsageError(
      `unable to use the event ${JSON.stringify(event)}: 1–128 bytes, no control characters, and no $ at the start`,
    )
}

/** The answers of several sessions to one ask. */
class AskPoll {
  readonly #asked: readonly Session[]
  readonly #first: boolean
  readonly #resolve: (results: AskResults<unknown>) => void
  readonly #replies: { session: string; user: string; answer: unknown }[] = []
  readonly #refused: { session: string; user: string; error: ChatError }[] = []
  readonly #open = new Map<Session, () => void>()
  #settled = (): void => {}
  #finished = false

  constructor(asked: readonly Session[], first: boolean, resolve: (results: AskResults<unknown>) => void) {
    this.#asked = asked
    this.#first = first
    this.#resolve = resolve
  }

  start(event: string, json: string, settled: () => void): void {
    this.#settled = settled
    // The signal was aborted before anybody was asked.
    if (this.#finished) return settled()
    for (const session of this.#asked) {
      const who = { session: session.id, user: session.user.id }
      const undo = session.asks.ask(event, json, {
        resolve: (answer) => this.#settle(session, () => this.#replies.push({ ...who, answer })),
        reject: (error) => this.#settle(session, () => this.#refused.push({ ...who, error })),
      })
      this.#open.set(session, undo)
    }
    if (this.#open.size === 0) this.finish()
  }

  stop(): void {
    this.#finished = true
    for (const undo of this.#open.values()) undo()
    this.#settled()
  }

  finish(): void {
    if (this.#finished) return
    const timedOut = [...this.#open.keys()].map(({ id, user }) => ({ session: id, user: user.id }))
    this.stop()
    this.#resolve({ replies: this.#replies, refused: this.#refused, timedOut })
  }

  #settle(session: Session, note: () => void): void {
    if (this.#finished) return
    this.#open.delete(session)
    note()
    if (this.#open.size === 0 || (this.#first && this.#replies.length > 0)) this.finish()
  }
}
