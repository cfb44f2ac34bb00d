import type { Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import { UncertainError } from '../../vocabulary/errors.ts'
import type { StreamedCallOptions } from '../stream-reading.ts'
import { promised, type Settler, type StreamClient } from './stream-client.ts'
import type { StreamHandle } from './stream-handle.ts'

/** Calls that are remembered until the heads of their streams have arrived. */
const remembered = 128

/**
 * Calls of this client that streams answer. The head names its call, so that it is the answer when the hub's own
 * answer was lost with a connection (P-SM-11).
 */
export class StreamCalls {
  readonly #client: StreamClient
  /** By `<session id>.<ref>`, as `meta.call` of the head names the call. */
  readonly #calls = new Map<string, Settler>()

  constructor(client: StreamClient) {
    this.#client = client
  }

  /**
   * Runs a call, and resolves with the reader of the stream that answers it. `start` starts the call, and calls
   * `written` with its ref each time that it is written.
   */
  run(
    options: StreamedCallOptions | undefined,
    start: (written: (ref: number) => void) => Promise<unknown>,
  ): Promise<unknown> {
    const client = this.#client
    const { runtime } = client.context
    const { timeout = client.operations.callTimeout, signal } = options ?? {}
    const deadline = runtime.now() + timeout
    return promised(client, (settler) => {
      const call = new PendingCall(settler)
      start((ref) => this.#remember(`${client.id}.${ref}`, call)).then(call.resolve, (error) => {
        const wait = deadline - runtime.now()
        // Every other uncertainty has a cause, and is final.
        const lost = error instanceof UncertainError && error.cause === undefined
        if (!lost || wait <= 0 || call.settled) return call.reject(error)
        call.undos.push(
          runtime.timer(wait, () => call.reject(error)),
          onAbort(signal, call.reject),
        )
      })
    })
  }

  /** Takes the head of a stream for the answer to a call. Returns `false` for a call that is not this client's. */
  answer(call: string, handle: StreamHandle): boolean {
    const settler = this.#calls.get(call)
    this.#calls.delete(call)
    settler?.resolve(handle)
    return settler !== undefined
  }

  /** Rejects all calls. */
  end(error: unknown): void {
    for (const settler of this.#calls.values()) settler.reject(error)
    this.#calls.clear()
  }

  #remember(call: string, settler: Settler): void {
    this.#calls.set(call, settler)
    const [oldest] = this.#calls.keys()
    if (this.#calls.size > remembered && oldest !== undefined) this.#calls.delete(oldest)
  }
}

/** Call that waits for its stream. */
class PendingCall implements Settler {
  readonly #settler: Settler
  /** Undone when the call is settled. */
  readonly undos: Undo[] = []
  settled = false

  constructor(settler: Settler) {
    this.#settler = settler
  }

  readonly resolve = (value: unknown): void => {
    this.#end()
    this.#settler.resolve(value)
  }

  readonly reject = (error: unknown): void => {
    this.#end()
    this.#settler.reject(error)
  }

  #end(): void {
    this.settled = true
    for (const undo of this.undos.splice(0)) undo()
  }
}
