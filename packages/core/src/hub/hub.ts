import type { AnyContract, CallName, EventInput, EventName, Untyped } from '../contract/contract.ts'
import { encodeCast } from '../protocol/encode.ts'
import { jsonProtocol } from '../protocol/json.ts'
import type { Listener } from '../runtime/emitter.ts'
import type { Undo } from '../runtime/runtime.ts'
import { Frame } from '../transport/batch.ts'
import type { Connection, Handshake } from '../transport/connection.ts'
import type { Stored } from '../vocabulary/position.ts'
import { Heartbeat } from './connections/heartbeat.ts'
import { castKey } from './connections/outbox.ts'
import { HubContext, type HubCounters } from './context.ts'
import type { CastMessage } from './delivery/log-feed.ts'
import type { HubEvents, HubHandler, HubListener, HubSession } from './events.ts'
import { HubConnection } from './handshake/hub-connection.ts'
import type { CallHandler } from './hub-listeners.ts'
import { sessionChannel, type Takeover } from './operations/publish.ts'
import type { HubOptions, Limits, User } from './options.ts'
import { type Revocation, revoke, revokeHere } from './policy/revoke.ts'
import type { Session } from './sessions/session.ts'
import { HubPublisher, type HubTarget } from './target/hub-target.ts'

const defaultDeadline = 5_000
/** How long a lost hint may go unnoticed. */
const checkInterval = 10_000
/** How many sessions are verified with each heartbeat after the backplane was out of reach: not all at once, for the policy's sake. */
const verifiedAtOnce = 500
/** How long to wait for the transports' own farewell after the deadline. */
const farewell = 2_000

/**
 * The server side: speaks to everyone, to a room, or to one person, over any transport, and answers their calls.
 *
 * ```ts
 * const hub = new Hub({
 *   authenticate: ({ token }) => verify(token),
 *   authorize: ({ address }) => address.startsWith('#public:'),
 * })
 * attach(hub, server, { path: '/chat' })
 * await hub.to('#public:lobby').send('say', { text: 'welcome' })
 * ```
 */
export class Hub<C extends AnyContract = Untyped, U extends User = User> {
  readonly #node: HubContext
  readonly #speaker: HubPublisher
  readonly #heartbeat: Heartbeat
  readonly #links = new Set<HubConnection>()
  readonly #unsubscribe: Undo[] = []
  #closing: Promise<void> | null = null
  #gone: (() => void) | null = null
  #housekept = 0
  /** Sessions that something may have been revoked of while notices were lost. */
  #doubtful: Session[] = []

  /**
   * Starts at once; connections come by {@link Hub.accept}, which a transport's `attach` calls.
   *
   * @throws UsageError when an option cannot work; the message says what to change.
   */
  constructor(options: HubOptions<C, U> = {}) {
    const node = new HubContext(options as unknown as HubOptions)
    this.#node = node
    this.#speaker = new HubPublisher(node)
    this.#heartbeat = new Heartbeat(node.runtime, node.timeouts.heartbeat, (now) => this.#housekeep(now))
    this.#unsubscribe.push(
      node.backplane.subscribe(sessionChannel, (notice) =>
        this.#notice(notice as CastMessage | Takeover | Revocation),
      ),
      node.backplane.onReconnect(() => {
        this.#doubtful = [...node.router.sessions.values()]
      }),
    )
  }

  /** Names this incarnation: random, new at each start. */
  get node(): string {
    return this.#node.id
  }

  /** The limits in force. A transport reads `transmission` from here. */
  get limits(): Limits {
    return this.#node.limits
  }

  /** The subprotocols it speaks, for a transport's negotiation: a name that is not here is never echoed (P-FR-8). */
  get subprotocols(): readonly string[] {
    return [jsonProtocol]
  }

  /** Whether the hub is closed, or being closed: transports refuse new connections. */
  get closing(): boolean {
    return this.#node.draining
  }

  /** Who is connected now. */
  get sessions(): readonly HubSession<U>[] {
    const sessions: HubSession[] = []
    for (const session of this.#node.router.sessions.values()) if (session.entered) sessions.push(session)
    return sessions as unknown as HubSession<U>[]
  }

  /** The rooms that somebody has joined on this node, with how many sessions have. */
  get rooms(): ReadonlyMap<string, number> {
    const rooms = new Map<string, number>()
    for (const [address, { readers }] of this.#node.router.feeds)
      if (address.startsWith('#') && readers.size > 0) rooms.set(address, readers.size)
    return rooms
  }

  /** What was ignored so far: frames that are counted, never answered. */
  get counters(): Readonly<HubCounters> {
    return { ...this.#node.counters }
  }

  /**
   * Takes a connection that a transport has made. All that an adapter calls.
   */
  accept(connection: Connection, handshake: Handshake): void {
    const link: HubConnection = new HubConnection(this.#node, connection, handshake, (ended) =>
      this.#closed(ended),
    )
    this.#links.add(link)
    this.#heartbeat.add(link)
    link.start()
  }

  /**
   * Something to speak to: `*` everyone, `#name` a room, `@id` a person, `~id` a session.
   *
   * @throws UsageError when it is no address.
   */
  to(address: string): HubTarget<C> {
    return this.#speaker.target(address) as unknown as HubTarget<C>
  }

  /** Sends a durable message to everyone: `to('*').send(event, data)`. */
  broadcast<K extends EventName<C>>(
    event: K,
    data: EventInput<C, K>,
    options?: { signal?: AbortSignal },
  ): Promise<Stored> {
    return this.to('*').send(event, data, options)
  }

  /**
   * Ends every session of a user (`@alice`), or one session (`~s9fK2b_x`), at every node: their connections are closed with 4513, after which a client
   * stops, and nobody can resume them. It is no ban: who comes anew is let in if `authenticate` lets them, so let that refuse first, and kick then.
   *
   * On this node everything is done when the call returns; resolves when the other nodes have been told.
   *
   * @throws UsageError when `who` is neither a user nor a session.
   * @throws ChatError `unavailable` when the backplane is out of reach: the other nodes may not know. Call it again.
   */
  async kick(who: string, options: { readonly reason?: string } = {}): Promise<void> {
    await revoke(this.#node, who, { what: 'session', reason: options.reason ?? 'removed by the application' })
  }

  /**
   * Asks `authorize` again for every room that a user (`@alice`) or a session (`~s9fK2b_x`) has joined, at every node: for when a role has changed. What is refused now
   * is taken from the client, which hears `$leave` with the code of the refusal. `authorize` gets the user as `authenticate` made it then; look
   * up there what may change.
   *
   * Resolves when every node has been told.
   *
   * @throws UsageError when `who` is neither a user nor a session.
   * @throws ChatError `unavailable` when the backplane is out of reach: the other nodes may not know. Call it again.
   */
  async reauthorize(who: string): Promise<void> {
    await revoke(this.#node, who, { what: 'verdicts' })
  }

  /**
   * Adds a listener for an event of the contract, or for one of the hub's own events, whose names start with `$`. Returns a function that removes it.
   *
   * A listener of an event runs once for each message that a client sends, after the log has accepted the message, and once for each cast that `authorize` has
   * allowed. It runs on the node that received the message. When a listener throws or rejects, the other listeners still run, and the hub reports the error in `$error`.
   *
   * @throws UsageError when the name belongs to a call, starts with `$` and is not an event of the hub, or cannot be an event's name; also when the listener is not a function.
   */
  on<K extends keyof HubEvents<U> | EventName<C>>(name: K, listener: HubListener<C, U, K>): Undo {
    return this.#node.listeners.on(name, listener as Listener)
  }

  /**
   * Sets the handler that answers a call, and returns a function that removes it. Clients can call a name as soon as it has a handler; before that, a call of it is
   * refused as `not_found`.
   *
   * The return value is the answer. To refuse the call, throw a {@link ChatError}: the client gets its code and message. Any other error is `internal` to
   * the client, and the hub reports it in `$error`. The handler has {@link Timeouts.call} to answer.
   *
   * ```ts
   * hub.handle('rename', async ({ name }, { user }) => ({ ok: await rename(user.id, name) }))
   * ```
   *
   * @throws UsageError when the name has a handler or listeners already, is not a call of the contract, or cannot be a call's name; also when the handler is not a function.
   */
  handle<K extends CallName<C>>(name: K, handler: HubHandler<C, U, K>): Undo {
    return this.#node.listeners.handle(name, handler as unknown as CallHandler)
  }

  /**
   * Drains and stops: refuses new handshakes, tells everyone to come back elsewhere (or here, at a moment spread over the deadline),
   * finishes what is under way, and closes what is left at the deadline. Calling it again waits for the same end.
   *
   * A script or test may end without it: what a hub stored in memory keeps no process alive. Connections, a server that listens and a message that the log has not answered for do.
   */
  close(options: { /** Milliseconds. Default: 5 000. */ readonly deadline?: number } = {}): Promise<void> {
    this.#closing ??= this.#drain(options.deadline ?? defaultDeadline)
    return this.#closing
  }

  async #drain(deadline: number): Promise<void> {
    const { runtime } = this.#node
    this.#node.draining = true
    for (const link of this.#links)
      link.bye('the hub is shutting down', Math.floor(runtime.random() * deadline))
    await this.#empty(deadline)
    for (const link of this.#links) link.close(4001, 'the hub is shutting down')
    await this.#empty(farewell)
    for (const link of this.#links) link.connection.abort(new Error('unable to close in time'))
    for (const undo of this.#unsubscribe) undo()
    await this.#node.close()
    this.#speaker.end()
  }

  /** Resolves when the last connection has ended, or after a while. */
  #empty(patience: number): Promise<void> {
    if (this.#links.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#node.runtime.timer(patience, resolve)
      this.#gone = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Now and then: forgets what has become idle, and looks after hints that may have been lost. */
  #housekeep(now: number): void {
    for (const session of this.#doubtful.splice(0, verifiedAtOnce)) session.verify()
    if (now - this.#housekept < checkInterval) return
    this.#housekept = now
    this.#node.rates.sweep(now)
    this.#node.resumes.sweep(now)
    this.#node.presence?.check()
    if (this.#node.backplane.capabilities.reliableHints) return
    for (const feed of this.#node.router.feeds.values()) feed.check()
  }

  #closed(link: HubConnection): void {
    this.#links.delete(link)
    this.#heartbeat.remove(link)
    if (this.#links.size === 0) this.#gone?.()
  }

  /** What concerns a session that may be here. */
  #notice(notice: CastMessage | Takeover | Revocation): void {
    if ('address' in notice) return this.#castToSession(notice)
    if ('revoke' in notice) return revokeHere(this.#node, notice)
    const session = this.#node.router.sessions.get(notice.takeover)
    if (session !== undefined && session.generation < notice.generation) session.replace()
  }

  #castToSession(cast: CastMessage): void {
    const session = this.#node.router.sessions.get(cast.address.slice(1))
    if (session?.entered && session.id !== cast.session)
      session.outbox.cast(new Frame(encodeCast(cast)), castKey(cast))
  }
}
