import type { AnyContract } from '../../contract/contract.ts'
import { fingerprint, sha256 } from '../../runtime/hash.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, isWireCode, UncertainError, UsageError } from '../../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../../vocabulary/event-name.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import type { Position, Stored } from '../../vocabulary/position.ts'
import { encodeContent } from '../content.ts'
import type { HubContext } from '../context.ts'
import { publishCast } from '../operations/cast.ts'
import { revoke } from '../policy/revoke.ts'
import { AddressQueues, type QueuedTask } from '../sessions/address-queues.ts'
import { Appends } from '../sessions/appends.ts'
import type { HubState } from '../sessions/hub-state.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import { HubAsks, type ValidAsk } from './hub-asks.ts'
import { readHubHistory } from './hub-history.ts'
import type {
  AskOptions,
  AskResults,
  ConnectedSession,
  HubTarget,
  RemoveOptions,
  SessionsOptions,
} from './hub-target.ts'
import { openStream, type StreamOptions } from './open-stream.ts'
import { redact } from './redact.ts'
import {
  type CastOptions,
  checkAskOptions,
  checkCastOptions,
  checkRemoveOptions,
  checkSendOptions,
  checkSessionsOptions,
  type SendOptions,
} from './target-options.ts'

/** Messages of the hub for which the log recognises repetitions. */
const repetitionWindow = 64
/** Hexadecimal digits of the name of a message with an idempotency key. */
const keyNameLength = 16

/** Sends for the hub itself: messages, casts, asks and removals. */
export class HubPublisher {
  /** The asks of this hub and of the other nodes. */
  readonly asks: HubAsks
  readonly #state: HubState
  readonly #context: HubContext
  readonly #queues = new AddressQueues()
  readonly #appends: Appends
  /** Give up the messages for which the log has not answered yet. */
  readonly #undecided = new Set<(cause: unknown) => void>()
  readonly #closed = new ChatError('closed', 'unable to go on: the hub was closed')
  #ended = false

  constructor(state: HubState) {
    this.#state = state
    this.#context = state.context
    this.#appends = new Appends(state.context)
    this.asks = new HubAsks(state)
  }

  /**
   * Rejects the messages for which the log has not answered: the hub is closed, and repeats nothing any more.
   */
  end(): void {
    this.#ended = true
    this.#state.streams.end(this.#closed)
    for (const giveUp of this.#undecided) giveUp(this.#closed)
    this.#undecided.clear()
  }

  /** @throws UsageError when `address` is not an address. */
  target(address: string): HubTarget<AnyContract> {
    const kind = typeof address === 'string' ? addressKind(address) : null
    if (kind === null || kind === 'stream')
      throw new UsageError(
        `unable to send to ${describe(address)}: an address is '*', '#room', '@user' or '~session'`,
      )
    const whileOpen = async <T>(operation: string, run: () => T): Promise<Awaited<T>> => {
      this.checkOpen(address, operation)
      return await run()
    }
    // A method that returns a promise never throws in the call: wrong use rejects the promise.
    return {
      send: (event, data, options) => promised(() => this.#send(address, event, data, options)),
      stream: (event, options) => promised(() => this.#stream(address, event, options)),
      cast: (event, data, options) => this.#cast(address, event, data, options),
      position: () => whileOpen('tell the position of', () => this.#position(address)),
      history: (options) =>
        whileOpen('read the history of', () => readHubHistory(this.#context, address, options)),
      redact: (position) => whileOpen('redact a message of', () => redact(this.#context, address, position)),
      members: () => whileOpen('list the members of', () => this.#members(address)),
      ask: (event, data, options) =>
        promised(() => this.#handledAtClose(this.#ask(address, event, data, options))),
      askAll: (event, data, options) =>
        promised(() => this.#handledAtClose(this.#askAll(address, event, data, options))),
      sessions: (options) => promised(() => this.#handledAtClose(this.#sessions(address, options))),
      remove: (who, options) => whileOpen('remove a session from', () => this.#remove(address, who, options)),
    } as HubTarget<AnyContract>
  }

  /**
   * Returns the promise of an ask. When the hub's own close rejects it, it counts as handled: a close must not end
   * the process for an ask that nothing awaits.
   */
  #handledAtClose<T>(asked: Promise<T>): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      asked.then(resolve, (error: unknown) => {
        if (this.#context.draining) answer.catch(() => {})
        reject(error)
      })
    })
    return answer
  }

  /** @throws UsageError after the end: nothing would take or answer the operation. */
  /** @throws UsageError when the hub is closed. */
  checkOpen(address: string, operation: string): void {
    if (this.#ended)
      throw new UsageError(`unable to ${operation} ${describe(address)}: the hub is closed; make a new hub`)
  }

  #send(address: string, event: string, data: unknown, options?: SendOptions): Promise<Stored> {
    this.checkOpen(address, 'send to')
    if (options !== undefined) checkSendOptions(address, options)
    if (address.startsWith('~'))
      throw new UsageError(
        'unable to send to a session: it takes casts and asks only; send to its user instead',
      )
    checkEvent(event)
    const sent = new Promise<Stored>((resolve, reject) => {
      this.#context.validator.event(event, data)
      const content = encodeContent(`send '${event}'`, data, options?.meta)
      const { name, ref } = this.#nameOf(address, options?.idempotencyKey)
      const decided = this.#awaitDecision(options?.signal, (error, cause) => {
        // The application's own close must not end the process for a send that nothing awaits.
        if (cause === this.#closed) sent.catch(() => {})
        reject(error)
      })
      const key = {
        user: '',
        session: name,
        ref,
        hash: fingerprint(`${event}\n${content.data}`),
        window: repetitionWindow,
        by: this.#context.id,
      }
      const id = `${name}.${ref}`
      const message = { event, ...content, from: options?.from ?? null, id }
      const task: QueuedTask = (turn) =>
        this.#appends.append(address, {
          message,
          key,
          next: () => turn.next(),
          answered: (result) => {
            decided()
            turn.done()
            if (result.outcome !== 'conflict')
              return resolve({ position: [result.epoch, result.at, result.id], id: result.id })
            reject(new ChatError('conflict', conflictOf(options?.idempotencyKey)))
          },
        })
      this.#queues.runTask(address, task, { overlaps: true })
    })
    return sent
  }

  #stream(address: string, event: string, options?: StreamOptions): Promise<StreamWriter<unknown>> {
    this.checkOpen(address, 'open a stream in')
    checkEvent(event)
    return openStream(this.#state, { address, event }, options)
  }

  /**
   * Returns the name and number by which the log tells a repetition. An idempotency key names the message at
   * every node.
   */
  #nameOf(address: string, idempotencyKey: string | undefined): { name: string; ref: number } {
    if (idempotencyKey === undefined)
      return { name: this.#context.id, ref: this.#context.nextMessageNumber() }
    return { name: keyName(address, idempotencyKey), ref: 1 }
  }

  /**
   * Rejects a message as uncertain when the signal is aborted or the hub is closed, before the returned
   * function is called.
   */
  #awaitDecision(
    signal: AbortSignal | undefined,
    reject: (error: UncertainError, cause: unknown) => void,
  ): Undo {
    const giveUp = (cause: unknown): void =>
      reject(new UncertainError('unable to tell whether the message was stored: given up', { cause }), cause)
    const ignore = onAbort(signal, giveUp)
    this.#undecided.add(giveUp)
    return () => {
      ignore()
      this.#undecided.delete(giveUp)
    }
  }

  #cast(address: string, event: string, data: unknown, options?: CastOptions): void {
    this.checkOpen(address, 'cast to')
    if (options !== undefined) checkCastOptions(address, options)
    checkEvent(event)
    this.#context.validator.event(event, data)
    const content = encodeContent(`cast '${event}'`, data, options?.meta)
    const key = options?.key
    publishCast(this.#context, {
      address,
      event,
      ...content,
      from: options?.from ?? null,
      session: undefined,
      key,
    })
  }

  async #position(address: string): Promise<Position> {
    if (address.startsWith('~'))
      throw new UsageError('unable to tell the position of a session: it has no log; casts and asks only')
    try {
      const { epoch, top, topId } = await this.#context.backplane.read(address, { before: null, limit: 1 })
      return [epoch, top, topId]
    } catch (cause) {
      throw new ChatError('unavailable', 'unable to tell the position: the log is out of reach', { cause })
    }
  }

  async #members(address: string): Promise<readonly PresenceMember[]> {
    if (!address.startsWith('#'))
      throw new UsageError(`unable to list the members of ${describe(address)}: it is not a room`)
    if (!(await this.#state.presence?.hasPresence(address)))
      throw new UsageError(
        `unable to list the members of ${describe(address)}: it has no presence; turn it on with the hub's option \`presence\``,
      )
    try {
      const page = await this.#context.backplane.presence.members(address, null)
      return (page?.members ?? []).map(({ session, user, state }) => ({
        session,
        user,
        state: this.#stateOf(address, JSON.parse(state)),
      }))
    } catch (cause) {
      throw new ChatError('unavailable', 'unable to list the members: the backplane is out of reach', {
        cause,
      })
    }
  }

  /** Returns a state as the contract's validator does; `null` for a state that does not pass, which is reported. */
  #stateOf(address: string, state: unknown): unknown {
    try {
      return this.#context.validator.state(state)
    } catch (error) {
      this.#context.reportError({ error, source: 'listener', subject: `${address} presence` })
      return null
    }
  }

  #ask(address: string, event: string, data: unknown, options: AskOptions = {}): Promise<unknown> {
    return this.asks.ask(this.#validAsk(address, event, data, options), options)
  }

  #askAll(
    address: string,
    event: string,
    data: unknown,
    options: AskOptions = {},
  ): Promise<AskResults<unknown>> {
    return this.asks.askAll(this.#validAsk(address, event, data, options), options)
  }

  #sessions(address: string, options: SessionsOptions = {}): Promise<readonly ConnectedSession[]> {
    checkSessionsOptions(address, options)
    return this.asks.listSessions(address, options)
  }

  #validAsk(address: string, event: string, data: unknown, options: AskOptions): ValidAsk {
    checkAskOptions(address, options)
    checkEvent(event)
    this.#context.validator.operation('asks', 'input', event, data)
    return { address, event, ...encodeContent(`ask '${event}'`, data, options.meta) }
  }

  async #remove(address: string, who: string, options: RemoveOptions = {}): Promise<void> {
    checkRemoveOptions(address, options)
    const { code = 'forbidden', message = 'removed by the application' } = options
    if (!address.startsWith('#'))
      throw new UsageError(`unable to remove a session from ${describe(address)}: it is not a room`)
    if (!isWireCode(code))
      throw new UsageError(`unable to remove with the code ${describe(code)}: no client may get this code`)
    await revoke(this.#state, who, { kind: 'room', room: address, reason: { code, message } })
  }
}

/** Runs an operation; wrong use rejects. It returns the very promise of the operation. */
function promised<T>(run: () => Promise<T>): Promise<T> {
  try {
    return run()
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * Returns the name that an idempotency key gives to its message. It is longer than the name of a node, so the
 * message is no node's.
 */
const keyName = (address: string, idempotencyKey: string): string =>
  sha256(`${address}\n${idempotencyKey}`).slice(0, keyNameLength)

const conflictOf = (idempotencyKey: string | undefined): string =>
  idempotencyKey === undefined
    ? 'unable to send: the log took another message in its place'
    : `unable to send: another message was sent with the idempotencyKey ${describe(idempotencyKey)}`

function checkEvent(event: string): void {
  if (typeof event !== 'string' || !isEventName(event))
    throw new UsageError(`unable to use the event ${describe(event)}: ${eventNameRule}`)
}
