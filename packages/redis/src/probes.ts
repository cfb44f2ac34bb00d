import { ChatError, type Runtime, type Undo } from '@chat/core'
import type { Connection } from './connection.ts'
import type { HintWay } from './subscriber-pool.ts'

interface Expected {
  readonly text: string
  readonly heard: () => void
}

/** Tests a way end to end: the node publishes to itself, and waits until it hears it. */
export class Probes {
  readonly #connection: Connection
  readonly #runtime: Runtime
  readonly #patience: number
  readonly #command: string
  readonly #expected = new Map<string, Expected>()

  /**
   * @param command - The command that publishes.
   * @param patience - Maximum time until the node hears itself, in milliseconds.
   */
  constructor(
    connection: Connection,
    command: string,
    { runtime, patience }: { runtime: Runtime; patience: number },
  ) {
    this.#connection = connection
    this.#command = command
    this.#runtime = runtime
    this.#patience = patience
  }

  /** Takes a text of a channel; `true` when it was a probe. */
  take(channel: string, text: string): boolean {
    const expected = this.#expected.get(channel)
    if (expected === undefined) return false
    if (expected.text === text) expected.heard()
    return true
  }

  /** Tests a way; rejects when it is broken, and then connects it anew. */
  async test({ subscriber, probe }: HintWay): Promise<void> {
    if (!subscriber.ready) {
      subscriber.revive()
      throw new ChatError('unavailable', 'unable to test the hints: not subscribed')
    }
    const text = this.#runtime.id(8)
    let late: Undo = () => {}
    const heard = new Promise<boolean>((resolve) => {
      this.#expected.set(probe, { text, heard: () => resolve(true) })
      late = this.#runtime.timer(this.#patience, () => resolve(false), 'upkeep')
    })
    try {
      await this.#connection.call(this.#command, probe, text)
      if (await heard) return
    } finally {
      late()
    }
    subscriber.reset()
    throw new ChatError(
      'unavailable',
      'unable to test the hints: a text that was published did not come back',
    )
  }
}
