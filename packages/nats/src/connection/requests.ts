import type { Runtime, Undo } from '@chat/core'
import type { NatsHeaders, NatsMessage } from '../nats-client.ts'
import { unavailable } from './unavailable.ts'

interface Pending {
  readonly subject: string
  readonly sent: number
  resolve(message: NatsMessage): void
  reject(error: unknown): void
}

/** The means to send a request. */
export interface RequestSender {
  publish(subject: string, payload: Uint8Array | string, reply: string, headers?: NatsHeaders): void
  /** Called when a request has timed out, and no other was answered meanwhile. */
  silent(): void
}

/**
 * The requests of a connection that wait for an answer. All answers come on one subscription. A single timer
 * serves all requests, because they have the same timeout and so end in the order of their start.
 */
export class Requests {
  /** The subject of the answers, with a wildcard for the number of the request. */
  readonly inbox: string
  readonly #sender: RequestSender
  readonly #runtime: Runtime
  readonly #timeout: number
  readonly #pending = new Map<string, Pending>()
  readonly #replies: string
  #number = 0
  /** The time of the newest answer. */
  #answered = Number.NEGATIVE_INFINITY
  #timer: Undo | null = null

  constructor(sender: RequestSender, runtime: Runtime, timeout: number) {
    this.#sender = sender
    this.#runtime = runtime
    this.#timeout = timeout
    this.#replies = `_INBOX.${runtime.id(22)}.`
    this.inbox = `${this.#replies}*`
  }

  /** Sends a request. Rejects with `unavailable` after the timeout, and when no service listens. */
  send(subject: string, payload: Uint8Array | string, headers?: NatsHeaders): Promise<NatsMessage> {
    const reply = `${this.#replies}${(++this.#number).toString(36)}`
    return new Promise((resolve, reject) => {
      this.#pending.set(reply, { subject, sent: this.#runtime.now(), resolve, reject })
      try {
        this.#sender.publish(subject, payload, reply, headers)
      } catch (error) {
        this.#pending.delete(reply)
        reject(unavailable('reach NATS', 'the request could not be sent', error))
      }
      this.#timer ??= this.#runtime.timer(this.#timeout, this.#expire)
    })
  }

  /** Settles the request that a message answers. */
  readonly receive = (message: NatsMessage): void => {
    const pending = this.#pending.get(message.subject)
    this.#answered = this.#runtime.now()
    if (pending === undefined) return
    this.#pending.delete(message.subject)
    if (message.headers?.code === 503)
      pending.reject(unavailable('reach JetStream', `no service answers on ${pending.subject}`))
    else pending.resolve(message)
  }

  /** Rejects all requests that wait. */
  failAll(reason: string): void {
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    this.#timer?.()
    this.#timer = null
    for (const { reject } of waiting) reject(unavailable('reach NATS', reason))
  }

  readonly #expire = (): void => {
    this.#timer = null
    const now = this.#runtime.now()
    for (const [reply, { subject, sent, reject }] of this.#pending) {
      const left = sent + this.#timeout - now
      if (left > 0) {
        this.#timer = this.#runtime.timer(left, this.#expire)
        return
      }
      this.#pending.delete(reply)
      reject(unavailable('reach NATS', `no answer on ${subject} within ${this.#timeout} ms`))
      if (this.#answered < sent) this.#sender.silent()
    }
  }
}
