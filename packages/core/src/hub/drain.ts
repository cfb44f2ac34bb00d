import { attempt } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import { CloseCode } from '../vocabulary/close-codes.ts'
import type { HubContext } from './context.ts'
import type { HubConnection } from './handshake/hub-connection.ts'
import { allNodesChannel } from './nodes/node-channels.ts'
import { handOverSessions } from './sessions/hand-over.ts'
import type { HubState } from './sessions/hub-state.ts'
import type { HubPublisher } from './target/hub-publisher.ts'

/** The reason with which a hub that closes ends its connections. */
export const shuttingDown = 'the hub is shutting down'
/** Time before the deadline in which transports close the remaining connections, at most a tenth of it. */
const closeTime = 500
/** Interval in which a hub that closes looks for connections without operations under way. */
const finishedInterval = 20
/** Time that the backplane has to be told of the end of this node, if less is left until the deadline. */
const leaveTime = 1_000
/** Shortest time after which clients are told to come back. */
const leastRetry = 100

/** The parts of a hub that a {@link Drain} ends. */
export interface DrainParts {
  readonly state: HubState
  readonly publisher: HubPublisher
  /** The open connections. */
  readonly connections: ReadonlySet<HubConnection>
  /** End the subscriptions of the hub to its channels. */
  readonly undo: readonly Undo[]
}

/** The close of a hub: clients move elsewhere, operations under way are finished, and the node leaves its cluster. */
export class Drain {
  readonly #parts: DrainParts
  readonly #state: HubState
  readonly #context: HubContext
  #onLastClosed: (() => void) | null = null

  constructor(parts: DrainParts) {
    this.#parts = parts
    this.#state = parts.state
    this.#context = parts.state.context
  }

  /** Called when the last connection has closed. */
  lastClosed(): void {
    this.#onLastClosed?.()
  }

  /** Ends the hub. Resolves when it has left its cluster, or its time is up. `deadline` is in milliseconds. */
  async run(deadline: number): Promise<void> {
    const { connections, publisher } = this.#parts
    const { runtime } = this.#context
    const end = runtime.now() + deadline
    this.#context.draining = true
    const streams = this.#state.streams.close()
    for (const connection of connections)
      connection.bye(shuttingDown, Math.floor(Math.max(leastRetry, runtime.random() * deadline)))
    const soon = deadline - Math.min(closeTime, deadline / 10)
    const finished = this.#within(streams, soon).then(() => this.#closeFinished(end))
    await Promise.all([this.#allClosed(soon), finished])
    for (const connection of connections) connection.close(CloseCode.goingAway, shuttingDown)
    await this.#allClosed(end - runtime.now())
    for (const { connection } of connections) connection.abort(new Error('unable to close in time'))
    await this.#within(streams, Math.max(leaveTime, end - runtime.now()))
    publisher.asks.close()
    await this.#leaveCluster(Math.max(leaveTime, end - runtime.now()))
    publisher.end()
  }

  /**
   * Closes connections once they have no operation under way, until a time. While other nodes are alive the
   * clients move there by themselves, which costs them no message.
   */
  #closeFinished(end: number): void {
    const { runtime } = this.#context
    const { connections } = this.#parts
    const close = (): void => {
      for (const connection of connections)
        if (connection.finished) connection.close(CloseCode.goingAway, shuttingDown)
      if (connections.size > 0 && runtime.now() < end) runtime.timer(finishedInterval, close)
    }
    attempt(
      () => this.#state.nodes.list(),
      (nodes) => nodes.length > 1 || close(),
      // The clients of a hub that does not know its cluster may have another node.
      (error) => this.#context.reportBackplane(error, allNodesChannel),
    )
  }

  /** Leaves the cluster. Resolves after a time also when the backplane does not answer. */
  #leaveCluster(time: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#context.runtime.timer(time, resolve)
      const leave = async (): Promise<void> => {
        await handOverSessions(this.#state)
        for (const undo of this.#parts.undo) undo()
        await this.#state.close()
      }
      leave().finally(cancel).then(resolve, reject)
    })
  }

  /** Resolves when a promise is settled, or after a time. */
  #within(promise: Promise<unknown>, time: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.runtime.timer(time, resolve)
      const done = (): void => {
        cancel()
        resolve()
      }
      promise.then(done, done)
    })
  }

  /** Resolves when the last connection has closed, or after a time. */
  #allClosed(time: number): Promise<void> {
    if (this.#parts.connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#context.runtime.timer(time, resolve)
      this.#onLastClosed = () => {
        cancel()
        resolve()
      }
    })
  }
}
