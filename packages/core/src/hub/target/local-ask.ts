import type { Undo } from '../../runtime/runtime.ts'
import type { ChatError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'

/** An ask, with its data and meta as JSON text. */
export interface Question {
  /** The name of the ask. */
  readonly event: string
  /** The data, validated by the asking node. */
  readonly data: JsonText
  /** The meta, an object; `null` for none. */
  readonly meta: JsonText | null
}

/** The outcome of an ask at one session: the answer as the client gave it, or the refusal. */
export type AskOutcome = { readonly answer: unknown } | { readonly error: ChatError }

/** An ask to the sessions of an address on this node, each on its present connection (P-ND-3). */
export class LocalAsk {
  /** The sessions that are asked: those that are connected when the ask is made. */
  readonly sessions: readonly Session[]
  readonly #pending = new Map<Session, Undo>()
  #settled = 0
  #stopped = false

  constructor(sessions: SessionRegistry, address: string) {
    this.sessions = [...sessions.receivers(address)].filter((session) => session.entered)
  }

  /** True when every session has an outcome. */
  get settled(): boolean {
    return this.#settled === this.sessions.length
  }

  /** Asks the sessions. `onOutcome` is called once for each, unless the ask is stopped before. */
  start({ event, data, meta }: Question, onOutcome: (session: Session, outcome: AskOutcome) => void): void {
    const json = meta === null ? data : `${data},${meta}`
    for (const session of this.sessions) {
      if (this.#stopped) return
      const settle = (outcome: AskOutcome): void => {
        this.#pending.delete(session)
        this.#settled++
        onOutcome(session, outcome)
      }
      const undo = session.asks.ask(event, json, {
        resolve: (answer) => settle({ answer }),
        reject: (error) => settle({ error }),
      })
      this.#pending.set(session, undo)
    }
  }

  /** Waits for no session any more. Later answers are ignored and counted (P-FR-10). */
  stop(): void {
    this.#stopped = true
    for (const undo of this.#pending.values()) undo()
    this.#pending.clear()
  }
}
