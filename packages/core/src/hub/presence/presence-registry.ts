import type { WireError } from '../../protocol/encode.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import { inTime } from '../in-time.ts'
import type { LivingNodes } from '../nodes/living-nodes.ts'
import type { PresenceRules } from '../options.ts'
import { RoomPresence } from './room-presence.ts'

/** The services of a node that its presence uses. */
export interface PresenceServices {
  /** Leaf services. */
  readonly context: HubContext
  /** Holds the lease that keeps the node's sessions in the store. */
  readonly nodes: LivingNodes
  /** Knows the readers of each room. */
  readonly feeds: FeedRegistry
}

/** The presence of this node: a {@link RoomPresence} per room in use. */
export class PresenceRegistry {
  readonly #context: HubContext
  readonly #nodes: LivingNodes
  readonly #feeds: FeedRegistry
  readonly #rules: PresenceRules
  readonly #rooms = new Map<string, RoomPresence>()
  readonly #unwatch: Undo

  constructor({ context, nodes, feeds }: PresenceServices, rules: PresenceRules) {
    this.#context = context
    this.#nodes = nodes
    this.#feeds = feeds
    this.#rules = rules
    this.#unwatch = context.backplane.onReconnect(() => this.check())
  }

  /** Tells whether an address is a room with presence; in this very call when the application answers at once. */
  hasPresence(address: string): MaybePromise<boolean> {
    if (!address.startsWith('#')) return false
    const failed = (error: unknown): boolean => {
      this.#context.reportError({ error, source: 'policy', subject: address })
      return false
    }
    try {
      const answer = this.#rules.rooms(address)
      if (!isPromise(answer)) return checkAnswer(answer, address)
      return inTime(this.#context, answer, `tell if ${address} has presence`)
        .then((later) => checkAnswer(later, address))
        .catch(failed)
    } catch (error) {
      return failed(error)
    }
  }

  /**
   * Returns the presence of a room, and holds it until {@link RoomPresence.release}; `null` for an address
   * without presence.
   */
  acquireRoom(address: string): MaybePromise<RoomPresence | null> {
    const has = this.hasPresence(address)
    const hold = (present: boolean): RoomPresence | null => (present ? this.#hold(address) : null)
    return typeof has === 'boolean' ? hold(has) : has.then(hold)
  }

  #hold(address: string): RoomPresence {
    let room = this.#rooms.get(address)
    if (room === undefined) {
      room = new RoomPresence(this.#context, address, {
        rules: this.#rules,
        readers: () => this.#feeds.readersOf(address),
        onUnused: (unused) => this.#dropRoom(unused),
      })
      if (this.#rooms.size === 0) this.#nodes.hold()
      this.#rooms.set(address, room)
    }
    room.hold()
    return room
  }

  /** Reads the rooms for changes whose hints were lost. */
  check(): void {
    for (const room of this.#rooms.values()) room.check()
  }

  /**
   * Ends presence on this node. Returns the remaining duration of the node's lease: its sessions have the grace
   * to come back at another node.
   */
  close(): number {
    this.#unwatch()
    const ttl = this.#rooms.size > 0 ? this.#rules.grace : 0
    for (const room of this.#rooms.values()) this.#dropRoom(room)
    return ttl
  }

  /** Returns the error for a state that is too large, or that the contract does not accept; else `null`. */
  checkState(value: unknown, state: JsonText): WireError | null {
    if (!exceedsBytes(state, this.#rules.state)) return this.#validate(value)
    return {
      code: 'too_large',
      message: `unable to take this state: its JSON is over ${this.#rules.state} bytes; make it smaller`,
    }
  }

  #validate(value: unknown): WireError | null {
    try {
      this.#context.validator.state(value)
      return null
    } catch (error) {
      return this.#context.wireError(error, { source: 'handler', subject: 'presence' })
    }
  }

  #dropRoom(room: RoomPresence): void {
    room.close()
    if (this.#rooms.get(room.address) !== room) return
    this.#rooms.delete(room.address)
    if (this.#rooms.size === 0) this.#nodes.release()
  }
}

/** @throws UsageError for an answer of `presence.rooms` that looks like true and is not. */
function checkAnswer(answer: unknown, address: string): boolean {
  if (answer === true || !answer) return answer === true
  throw new UsageError(
    `unable to tell if ${address} has presence: the option 'presence.rooms' has answered with ${describe(answer)}; answer true or false`,
  )
}
