import type { PresenceLease, PresencePage, PresenceRevision } from '../../backplane/presence-store.ts'
import { attempt, isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'

/**
 * The room of the presence store in which every living node is a member, under its node id. The name is no
 * address, so no client can join it.
 */
export const nodesRoom = 'nodes'

/** Duration of a node's lease (P-ND-1). */
const leaseTime = 30_000
/** Duration between two renewals of the lease (P-ND-1). */
const renewInterval = 10_000
/** Duration until the next attempt of a node that is not listed yet. */
const retryDelay = 1_000

/** Returns the lease of a node; `ttl` is shorter for a node that closes. */
export const leaseOf = ({ timeouts }: HubContext, ttl: number = leaseTime): PresenceLease => ({
  ttl,
  keep: timeouts.session,
})

/**
 * The lease of this node, and the list of the living nodes (P-ND-1). The same lease keeps the sessions of the
 * node present.
 *
 * A hub without a backplane is alone in its own store: it is never listed, and its lease is renewed only while
 * presence holds it. So a hub that an application forgets costs no timer.
 */
export class LivingNodes {
  readonly #context: HubContext
  /** True for a node that other nodes can see. */
  readonly #shared: boolean
  #holds = 0
  #timer: Undo | null = null
  #unwatch: Undo = () => {}
  /** True once the store has listed this node. */
  #listed = false
  #closed = false
  /** The newest list, and its revision. */
  #known: (PresenceRevision & { readonly nodes: readonly string[] }) | null = null

  constructor(context: HubContext) {
    this.#context = context
    this.#shared = context.options.backplane !== undefined
  }

  /** Lists this node, and renews its lease from now on. Called once, at the start of the hub. */
  start(): void {
    if (!this.#shared) return
    this.#unwatch = this.#context.backplane.onReconnect(() => this.renew())
    this.renew()
    this.hold()
  }

  /** Renews the lease regularly until {@link LivingNodes.release}. */
  hold(): void {
    if (this.#holds++ === 0) this.#renewLater()
  }

  /** Ends a hold. */
  release(): void {
    if (--this.#holds > 0) return
    this.#timer?.()
    this.#timer = null
  }

  /** Renews the lease, and lists this node again if the store has lost it. */
  renew(): void {
    const { backplane, id } = this.#context
    attempt(
      () => backplane.presence.lease(id, leaseOf(this.#context)),
      () => this.#stayListed(),
      (error) => this.#context.reportBackplane(error, nodesRoom),
    )
  }

  /**
   * Returns the ids of the living nodes, in no particular order. This node is always among them.
   *
   * @throws the error of the backplane when it is out of reach, or rejects with it.
   */
  list(): MaybePromise<readonly string[]> {
    if (!this.#shared) return [this.#context.id]
    const page = this.#context.backplane.presence.members(nodesRoom, this.#known)
    return isPromise(page) ? page.then((read) => this.#takePage(read)) : this.#takePage(page)
  }

  /**
   * Takes this node off the list. `ttl` is the remaining duration of the lease: sessions that are present get
   * it to come back at another node. Resolves when the store has answered, also with an error.
   */
  async close(ttl: number): Promise<void> {
    this.#closed = true
    this.#timer?.()
    this.#timer = null
    this.#unwatch()
    const { id } = this.#context
    const { presence } = this.#context.backplane
    await Promise.all([
      this.#shared && this.#tried(() => presence.leave(nodesRoom, id, 1, 0)),
      (this.#shared || ttl > 0) && this.#tried(() => presence.lease(id, leaseOf(this.#context, ttl))),
    ])
  }

  async #tried(operation: () => MaybePromise<unknown>): Promise<void> {
    try {
      await operation()
    } catch (error) {
      this.#context.reportBackplane(error, nodesRoom)
    }
  }

  /** Enters this node unless it is listed. To read the list costs less than to enter again. */
  #stayListed(): void {
    if (!this.#shared || this.#closed) return
    if (!this.#listed) return this.#enter()
    attempt(
      () => this.list(),
      () => this.#listed || this.#closed || this.#enter(),
      (error) => this.#context.reportBackplane(error, nodesRoom),
    )
  }

  #enter(): void {
    const { backplane, id } = this.#context
    const node = { session: id, user: id, state: '{}', generation: 1, node: id }
    attempt(
      () => backplane.presence.enter(nodesRoom, [node], leaseOf(this.#context)),
      () => {
        this.#listed = true
      },
      (error) => this.#context.reportBackplane(error, nodesRoom),
    )
  }

  #renewLater(): void {
    const delay = this.#listed || !this.#shared ? renewInterval : retryDelay
    const renew = (): void => {
      this.renew()
      this.#renewLater()
    }
    this.#timer = this.#context.runtime.timer(delay, renew, 'upkeep')
  }

  /** Takes the answer to a read; `null` when the list has not changed. */
  #takePage(page: PresencePage | null): readonly string[] {
    const { id } = this.#context
    if (page !== null) {
      const { epoch, revision, members } = page
      const others = members.map(({ session }) => session).filter((node) => node !== id)
      this.#known = { epoch, revision, nodes: [id, ...others] }
      if (others.length === members.length) this.#listed = false
    }
    return this.#known?.nodes ?? [id]
  }
}
