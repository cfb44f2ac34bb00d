import { everyone, user } from '../address.ts'
import { ChatError, type ErrorCode } from '../errors.ts'
import type { Attachment, GapReason, Position } from '../position.ts'
import type { HubCastFrame, MsgFrame, StreamAnswer } from '../protocol/hub-frames.ts'
import { exceedsBytes } from '../text.ts'
import type { Gap, Message } from './events.ts'
import { type Receiver, Subscription } from './subscription.ts'

/** What the streams need of their client. */
export interface StreamsHost {
  /** Writes a `join`, and calls back with its answer; not at all when the connection is lost before. */
  join(address: string, since: Position | null, answer: (result: Attachment | ChatError) => void): void
  /** Writes a `leave`. */
  leave(address: string): void
  /** The message with what the contract makes of its data; `null` when it does not fit and nobody gets it. */
  accept(message: Message): Message | null
  /** Messages were lost. */
  missed(gap: Gap): void
}

/** What fits into the transmission of a `hello` besides its other parts (P-HS-2). */
const helloBytes = 14 * 1024

/**
 * Everything a client receives: `*`, its own inbox, and its rooms, each with its place. Survives connections.
 *
 * @internal
 */
export class Streams {
  readonly #host: StreamsHost
  readonly #own: Receiver
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #saved: Map<string, Position>
  #inbox: string | null = null

  constructor(host: StreamsHost, own: Receiver, positions: Readonly<Record<string, Position>>) {
    this.#host = host
    this.#own = own
    this.#saved = new Map(Object.entries(positions))
    this.#subscribe(everyone, own)
  }

  /** The places of everything this client receives. */
  get positions(): Record<string, Position> {
    const positions: [string, Position][] = []
    for (const [address, { inbox }] of this.#subscriptions)
      if (inbox.position !== null) positions.push([address, inbox.position])
    return Object.fromEntries(positions)
  }

  /** Adds a receiver to a room, and joins the room when it is the first. */
  enter(address: string, receiver: Receiver, connected: boolean): void {
    const known = this.#subscriptions.get(address)
    const subscription = this.#subscribe(address, receiver)
    if (subscription.joined) receiver.joined()
    else if (known === undefined && connected) this.#join(subscription)
  }

  /** Takes a receiver away, and leaves the room with the last. */
  exit(address: string, receiver: Receiver, connected: boolean): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined || !subscription.receivers.delete(receiver)) return
    if (subscription.receivers.size > 0) return
    this.#subscriptions.delete(address)
    if (connected) this.#host.leave(address)
  }

  /** What the next `hello` asks for: each address with its place, as many as fit. */
  request(): Record<string, Position | null> {
    const requested: [string, Position | null][] = []
    let bytes = 0
    for (const [address, { inbox }] of this.#subscriptions) {
      const entry = JSON.stringify([address, inbox.position])
      bytes += entry.length * (exceedsBytes(entry, entry.length) ? 3 : 1)
      if (bytes > helloBytes) break
      requested.push([address, inbox.position])
    }
    return Object.fromEntries(requested)
  }

  /** Takes the streams of a `welcome`, and joins what was not among them. */
  welcomed(userId: string, answers: ReadonlyMap<string, StreamAnswer>): void {
    this.#inbox = user(userId)
    const asked = new Set(this.#subscriptions.keys())
    const inbox = this.#subscribe(this.#inbox, this.#own)
    for (const subscription of this.#subscriptions.values()) {
      const answer = answers.get(subscription.address)
      const fresh = subscription === inbox && !asked.has(subscription.address)
      // A place saved before a reload is one the hub has not heard of yet.
      if (answer === undefined || (fresh && subscription.inbox.position !== null)) this.#join(subscription)
      else if (answer.mode === 'refused') this.#drop(subscription, refusal(answer.code))
      else this.#attach(subscription, answer)
    }
  }

  /** The connection is gone. */
  suspend(): void {
    for (const subscription of this.#subscriptions.values()) subscription.suspend()
  }

  /** Another user's session: nothing of the old one is kept (P-HS-8). */
  restart(error: ChatError): void {
    this.end(error)
    this.#subscribe(everyone, this.#own)
  }

  /** Nothing is received any more. */
  end(error: ChatError): void {
    this.#saved.clear()
    for (const subscription of [...this.#subscriptions.values()]) this.#drop(subscription, error)
  }

  message(frame: MsgFrame): void {
    const subscription = this.#subscriptions.get(frame.address)
    if (subscription === undefined) return
    const verdict = subscription.inbox.take(frame)
    if (verdict === 'hole') this.#join(subscription)
    if (verdict !== 'deliver') return
    const { address, event, data, from, at, id } = frame
    const session = from === null ? null : id.slice(0, id.lastIndexOf('.'))
    this.#deliver(subscription.receivers, { address, event, data, from, at, id, session, durable: true })
  }

  cast(frame: HubCastFrame): void {
    const { address, event, data, from, session } = frame
    const message: Message = { address, event, data, from, session, at: 0, id: '', durable: false }
    const subscription = this.#subscriptions.get(address)
    if (subscription !== undefined) this.#deliver(subscription.receivers, message)
    else if (address.startsWith('~')) this.#deliver([this.#own], message)
  }

  gap(address: string, reason: GapReason, to: Position): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined || !subscription.inbox.attached) return
    const from = subscription.inbox.position
    subscription.inbox.skip(to)
    this.#miss(subscription, { address, reason, from, to })
  }

  /** The hub has removed this client from an address. */
  left(address: string, error: ChatError): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription !== undefined) this.#drop(subscription, error)
  }

  #subscribe(address: string, receiver: Receiver): Subscription {
    let subscription = this.#subscriptions.get(address)
    if (subscription === undefined) {
      subscription = new Subscription(address, this.#saved.get(address) ?? null)
      this.#saved.delete(address)
      this.#subscriptions.set(address, subscription)
    }
    subscription.receivers.add(receiver)
    return subscription
  }

  #join(subscription: Subscription): void {
    if (subscription.joining) return
    subscription.joining = true
    const { address, inbox } = subscription
    this.#host.join(address, inbox.position, (result) => {
      // It was left, or joined anew, while this answer was on its way.
      if (this.#subscriptions.get(address) !== subscription) return
      subscription.joining = false
      if (result instanceof ChatError) this.#drop(subscription, result)
      else this.#attach(subscription, result)
    })
  }

  #attach(subscription: Subscription, attachment: Attachment): void {
    const { address, inbox } = subscription
    const from = inbox.position
    inbox.attach(attachment)
    const first = !subscription.joined
    subscription.joined = true
    if (attachment.mode === 'gap' && from !== null)
      this.#miss(subscription, {
        address,
        reason: attachment.reason ?? 'absent',
        from,
        to: inbox.position ?? from,
      })
    if (first) for (const receiver of [...subscription.receivers]) receiver.joined()
  }

  #deliver(receivers: Iterable<Receiver>, received: Message): void {
    const message = this.#host.accept(received)
    if (message !== null) for (const receiver of [...receivers]) receiver.message(message)
  }

  #miss(subscription: Subscription, gap: Gap): void {
    this.#host.missed(gap)
    for (const receiver of [...subscription.receivers]) receiver.gap(gap)
  }

  #drop(subscription: Subscription, error: ChatError): void {
    subscription.suspend()
    this.#subscriptions.delete(subscription.address)
    for (const receiver of [...subscription.receivers]) receiver.left(error)
  }
}

const refusal = (code: string): ChatError =>
  new ChatError(code as ErrorCode, 'unable to join: the hub refuses the address')
