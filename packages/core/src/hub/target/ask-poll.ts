import type { ChatError } from '../../vocabulary/errors.ts'
import type { Session } from '../sessions/session.ts'
import type { AskResults } from './hub-target.ts'

/** The answers of several sessions to one ask. */
export class AskPoll {
  readonly #asked: readonly Session[]
  readonly #first: boolean
  readonly #resolve: (results: AskResults<unknown>) => void
  readonly #replies: { session: string; user: string; answer: unknown }[] = []
  readonly #refused: { session: string; user: string; error: ChatError }[] = []
  readonly #pending = new Map<Session, () => void>()
  #onSettled = (): void => {}
  #finished = false

  /**
   * @param first - Finishes at the first answer.
   * @param resolve - Called once with the outcome.
   */
  constructor(asked: readonly Session[], first: boolean, resolve: (results: AskResults<unknown>) => void) {
    this.#asked = asked
    this.#first = first
    this.#resolve = resolve
  }

  /** Asks the sessions. `onSettled` is called once, when the poll is finished or stopped. */
  start(event: string, json: string, onSettled: () => void): void {
    this.#onSettled = onSettled
    // The signal was aborted before any session was asked.
    if (this.#finished) return onSettled()
    for (const session of this.#asked) {
      const who = { session: session.id, user: session.user.id }
      const undo = session.asks.ask(event, json, {
        resolve: (answer) => this.#settle(session, () => this.#replies.push({ ...who, answer })),
        reject: (error) => this.#settle(session, () => this.#refused.push({ ...who, error })),
      })
      this.#pending.set(session, undo)
    }
    if (this.#pending.size === 0) this.finish()
  }

  /** Stops waiting, without an outcome. */
  stop(): void {
    this.#finished = true
    for (const undo of this.#pending.values()) undo()
    this.#onSettled()
  }

  /** Stops waiting. The sessions without an answer are in `timedOut`. */
  finish(): void {
    if (this.#finished) return
    const timedOut = [...this.#pending.keys()].map(({ id, user }) => ({ session: id, user: user.id }))
    this.stop()
    this.#resolve({ replies: this.#replies, refused: this.#refused, timedOut })
  }

  #settle(session: Session, note: () => void): void {
    if (this.#finished) return
    this.#pending.delete(session)
    note()
    if (this.#pending.size === 0 || (this.#first && this.#replies.length > 0)) this.finish()
  }
}
