import type {
  AnyContract,
  CallName,
  ClientEventName,
  ClientStreamName,
  EventInput,
  ServerEventName,
  Untyped,
} from '../contract/contract.ts'
import type { DataArguments } from '../contract/data-arguments.ts'
import { jsonProtocol } from '../protocol/json.ts'
import type { Listener } from '../runtime/emitter.ts'
import { markRaw } from '../runtime/mark-raw.ts'
import type { Undo } from '../runtime/runtime.ts'
import { Place } from '../transport/admission.ts'
import type { Connection, Handshake } from '../transport/connection.ts'
import type { Refusal } from '../transport/refusal.ts'
import type { AddressText } from '../vocabulary/address.ts'
import { checkDuration, checkText } from '../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../vocabulary/check-options-with-hint.ts'
import { CloseCode } from '../vocabulary/close-codes.ts'
import { ChatError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { Stored } from '../vocabulary/position.ts'
import { Heartbeat } from './connections/heartbeat.ts'
import { HubContext, type HubCounters } from './context.ts'
import { Drain, shuttingDown } from './drain.ts'
import type { HubEvents, HubHandler, HubListener, HubSession, HubStreamListener } from './events.ts'
import { HubConnection } from './handshake/hub-connection.ts'
import { refuseConnection } from './handshake/refuse-connection.ts'
import type { CallHandler } from './hub-listeners.ts'
import { NodeTexts } from './node-texts.ts'
import { allNodesChannel, nodeChannel } from './nodes/node-channels.ts'
import type { AuthorizeRequest, HubOptions, Limits, User } from './options.ts'
import type { AccessRequest } from './policy/authorize.ts'
import { may } from './policy/may.ts'
import { revoke, verifySession } from './policy/revoke.ts'
import { HubState } from './sessions/hub-state.ts'
import type { Session } from './sessions/session.ts'
import { HubPublisher } from './target/hub-publisher.ts'
import type { HubTarget } from './target/hub-target.ts'

const defaultDeadline = 5_000
/** Time for which a change of presence whose hint was lost may go unnoticed. */
const checkInterval = 10_000
/**
 * Sessions that are verified at each heartbeat after the backplane was out of reach: not all at once, to
 * spare the policy.
 */
const verifiedPerBeat = 500
/** The operation of a request to the policy. It distributes over the actions and events. */
type OperationOf<Request> = Request extends unknown
  ? Omit<Request, 'user' | 'session' | 'meta'> & { readonly meta?: Meta | null | undefined }
  : never

/**
 * The server side. A hub sends to all clients, to a room or to one user, over any transport, and answers the
 * clients' calls.
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
  readonly #context: HubContext
  readonly #state: HubState
  readonly #publisher: HubPublisher
  readonly #heartbeat: Heartbeat
  readonly #connections = new Set<HubConnection>()
  readonly #undo: Undo[] = []
  readonly #drain: Drain
  #closing: Promise<void> | null = null
  #checked = 0
  /** Sessions whose permissions may have been taken back while notices were lost. */
  #unverified: Session[] = []

  /**
   * Starts the hub. It gets its connections by {@link Hub.accept}, which the adapter of a transport calls.
   *
   * @throws UsageError for an option that does not exist or cannot work; the message says how to change it.
   */
  constructor(options: HubOptions<C, U> = {}) {
    const context = new HubContext(options as unknown as HubOptions<AnyContract>)
    this.#context = context
    markRaw(this)
    this.#state = new HubState(context)
    this.#publisher = new HubPublisher(this.#state)
    this.#heartbeat = new Heartbeat(context.runtime, context.timeouts.heartbeat, (now) => this.#check(now))
    this.#drain = new Drain({
      state: this.#state,
      publisher: this.#publisher,
      connections: this.#connections,
      undo: this.#undo,
    })
    const texts = new NodeTexts(this.#state, this.#publisher.asks)
    this.#undo.push(
      context.backplane.subscribe(allNodesChannel, (text) => texts.take(text)),
      context.backplane.subscribe(nodeChannel(context.id), (text) => texts.take(text)),
      context.backplane.onReconnect(() => {
        this.#unverified = [...this.#state.sessions.sessions]
      }),
    )
    this.#state.nodes.start()
  }

  /** Names this incarnation of the hub. It is random, and new at each start. */
  get node(): string {
    return this.#context.id
  }

  /** The limits, with their defaults. A transport takes `transmission` from here. */
  get limits(): Limits {
    return this.#context.limits
  }

  /** The subprotocols that the hub speaks. A transport agrees to these only (P-FR-8). */
  get subprotocols(): readonly string[] {
    return [jsonProtocol]
  }

  /** True when the hub is closed or closes. Transports then refuse new connections. */
  get closing(): boolean {
    return this.#context.draining
  }

  /** The sessions that are connected to this node. */
  get sessions(): readonly HubSession<U>[] {
    const sessions: HubSession[] = []
    for (const session of this.#state.sessions.sessions) if (session.entered) sessions.push(session)
    return sessions as unknown as HubSession<U>[]
  }

  /** The rooms that are joined on this node, with the number of their sessions. */
  get rooms(): ReadonlyMap<string, number> {
    const rooms = new Map<string, number>()
    for (const { address, readers } of this.#state.feeds.feeds)
      if (address.startsWith('#') && readers.size > 0) rooms.set(address, readers.size)
    return rooms
  }

  /** Counts of the input that was ignored so far. */
  get counters(): Readonly<HubCounters> {
    return { ...this.#context.counters }
  }

  /**
   * Returns the refusal of a further connection from a remote address; `null` when the limits of connections
   * leave a place for it. The adapter of a transport asks before it upgrades a request.
   */
  checkAdmission(remoteAddress: string): Refusal | null {
    return this.#state.admission.check(remoteAddress)
  }

  /**
   * Reports an error of a transport's option in `$error`, with the name of the option as `subject`. The adapter
   * of a transport calls it.
   */
  reportError(error: unknown, option: string): void {
    this.#context.reportError({ error, source: 'transport', subject: option })
  }

  /** Takes a connection from the adapter of a transport. Closes it with 4013 when it is over a limit. */
  accept(connection: Connection, handshake: Handshake): void {
    const place = this.#state.admission.enter(handshake.remoteAddress)
    if (!(place instanceof Place)) return refuseConnection(connection, place)
    const accepted = new HubConnection(this.#state, { connection, handshake, place }, this.#connectionClosed)
    this.#connections.add(accepted)
    this.#heartbeat.add(accepted)
    accepted.start()
    // The hub waits for the clients that it has told, and for no further ones.
    if (this.#context.draining) accepted.close(CloseCode.goingAway, shuttingDown)
  }

  /**
   * Returns a target for an address: `*` for all clients, `#name` for a room, `@id` for a user, `~id` for a
   * session.
   *
   * @throws UsageError when `address` is not an address.
   */
  to<A extends string>(address: AddressText<A>): HubTarget<C> {
    return this.#publisher.target(address) as unknown as HubTarget<C>
  }

  /**
   * Resolves with the ids of the nodes that are alive, in no particular order: the hubs that share this hub's
   * backplane, this hub among them ({@link Hub.node}). A hub that closes leaves the list at once. A hub that
   * has crashed leaves it when its lease is over, within 30 seconds.
   *
   * @throws ChatError `unavailable` when the backplane is out of reach.
   */
  async nodes(): Promise<readonly string[]> {
    try {
      return await this.#state.nodes.list()
    } catch (cause) {
      throw new ChatError('unavailable', 'unable to list the nodes: the backplane is out of reach', { cause })
    }
  }

  /** Sends a durable message to all clients, like `to('*').send(event, data)`. */
  broadcast<K extends ClientEventName<C> | ServerEventName<C>>(
    event: K,
    ...rest: DataArguments<
      EventInput<C, K>,
      {
        readonly signal?: AbortSignal | undefined
        readonly meta?: Meta | undefined
        readonly from?: string | undefined
        readonly idempotencyKey?: string | undefined
      }
    >
  ): Promise<Stored> {
    return this.to('*').send(event, ...rest)
  }

  /**
   * Asks `authorize` for a user, as the hub does for the user's clients: for a route of your own that reads
   * or publishes. Resolves with `false` when the user may not do it. For a send or a cast it may resolve with
   * the `{ data, meta }` that `authorize` wants stored in place of the given data and meta.
   *
   * ```ts
   * app.get('/rooms/:room', async (request, response) => {
   *   const address = `#${request.params.room}`
   *   if (!(await hub.may(request.user, { action: 'read', address }))) return response.sendStatus(403)
   *   response.json(await hub.to(address).history({ limit: 50 }))
   * })
   * ```
   *
   * @throws UsageError when the user has no `id`, or the action, address or event cannot be a client's.
   * @throws ChatError `bad_payload` for data that the contract does not accept; the code with which
   * `authorize` refuses, if it throws a `ChatError`; `internal` for any other error that it throws.
   */
  may(
    user: U,
    request: OperationOf<AuthorizeRequest<U, C>>,
  ): Promise<boolean | { readonly data?: unknown; readonly meta?: Meta | null | undefined }> {
    return may(this.#context, user, request as AccessRequest)
  }

  /**
   * Ends every session of a user (`@alice`), or one session (`~s9fK2b_x`), on all nodes. Their connections
   * are closed with 4513, so their clients stop, and the sessions cannot be resumed. A kick is not a ban: a
   * user may connect again if `authenticate` allows it, so make `authenticate` refuse the user before you
   * kick.
   *
   * On this node the kick is done when the call returns. The promise resolves when the other nodes were told.
   *
   * @throws UsageError when `who` is neither a user nor a session, for an option that does not exist or is not
   * a text, and when the hub is closed.
   * @throws ChatError `unavailable` when the backplane is out of reach, so that other nodes may not know.
   * Call it again.
   */
  async kick(who: string, options: { readonly reason?: string | undefined } = {}): Promise<void> {
    checkOptionsWithHint('kick', options, { reason: true })
    checkText('kick', 'reason', options.reason)
    this.#publisher.checkOpen(who, 'kick')
    await revoke(this.#state, who, {
      kind: 'session',
      reason: options.reason ?? 'removed by the application',
    })
  }

  /**
   * Calls `authorize` again for every room that a user (`@alice`) or a session (`~s9fK2b_x`) has joined, on
   * all nodes; for example after a role has changed. A session is removed from the rooms that are refused
   * now, and its client emits `$leave` with the code of the refusal. `authorize` gets the user as
   * `authenticate` returned it earlier, so it must look up data that may have changed.
   *
   * The promise resolves when every node was told.
   *
   * @throws UsageError when `who` is neither a user nor a session, and when the hub is closed.
   * @throws ChatError `unavailable` when the backplane is out of reach, so that other nodes may not know.
   * Call it again.
   */
  async reauthorize(who: string): Promise<void> {
    this.#publisher.checkOpen(who, 'reauthorize')
    await revoke(this.#state, who, { kind: 'permissions' })
  }

  /**
   * Adds a listener for an event of the contract, or for one of the hub's own events, whose names start with
   * `$`. Returns a function that removes it.
   *
   * A listener of an event runs once for each message that a client sends, after the log has accepted the
   * message, and once for each cast that `authorize` has allowed. It runs on the node that received the
   * message. When a listener throws or rejects, the other listeners still run, and the hub reports the error
   * in `$error`.
   *
   * @throws UsageError when the name belongs to a call, starts with `$` and is not an event of the hub, or
   * cannot be an event's name; also when the listener is not a function.
   */
  on<K extends keyof HubEvents<U>>(name: K, listener: (event: HubEvents<U>[K]) => unknown): Undo
  /** Adds a listener for an event of the contract. */
  on<K extends ClientEventName<C>>(name: K, listener: HubListener<C, U, K>): Undo
  /**
   * Adds a listener for a stream that clients write: it gets the head, and at the end the result. The node that
   * stores the message calls its listeners; parts are not heard.
   */
  on<K extends ClientEventName<C> | ClientStreamName<C>>(
    name: K,
    listener: K extends ClientEventName<C> ? HubListener<C, U, K> : HubStreamListener<C, U, K>,
  ): Undo
  on(name: string, listener: Listener): Undo {
    return this.#context.listeners.on(name, listener)
  }

  /**
   * Sets the handler that answers a call, and returns a function that removes it. Clients can call a name as
   * soon as it has a handler; before that, a call of it is refused as `not_found`.
   *
   * The return value is the answer. To refuse the call, throw a {@link ChatError}: the client gets its code
   * and message. Any other error is `internal` to the client, and the hub reports it in `$error`. The handler
   * has {@link Timeouts.call} to answer.
   *
   * ```ts
   * hub.handle('rename', async ({ name }, { user }) => ({ ok: await rename(user.id, name) }))
   * ```
   *
   * @throws UsageError when the name has a handler or listeners already, is not a call of the contract, or
   * cannot be a call's name; also when the handler is not a function.
   */
  handle<K extends CallName<C>>(name: K, handler: HubHandler<C, U, K>): Undo {
    return this.#context.listeners.handle(name, handler as unknown as CallHandler)
  }

  /**
   * Drains and stops the hub. It refuses new handshakes, tells its clients to come back elsewhere (or here,
   * at a moment spread over the deadline), and finishes the operations under way. Clients of a hub without other
   * nodes are closed once theirs are finished; other clients leave when they are welcomed elsewhere. The hub
   * closes the remaining connections half a second before the deadline, so that they are gone at the deadline.
   * It resolves as soon as all connections have closed. A second call returns the same promise. Options that do
   * not exist or cannot work reject with a `UsageError`, and the hub goes on.
   *
   * A script or a test may end without it: the log in memory keeps no process alive. A connection, a
   * listening server and a message that the log has not answered for do.
   */
  close(
    options: { /** Milliseconds. Default: 5 000. */ readonly deadline?: number | undefined } = {},
  ): Promise<void> {
    try {
      checkOptionsWithHint('close the hub', options, { deadline: true })
      checkDuration('close the hub', 'deadline', options.deadline)
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#closing !== null) return this.#closing
    // Listeners that run meanwhile may close the hub as well: they get the same promise.
    let settle = (_end: Promise<void>): void => {}
    this.#closing = new Promise((resolve) => {
      settle = resolve
    })
    settle(this.#drain.run(options.deadline ?? defaultDeadline))
    return this.#closing
  }

  #check(now: number): void {
    for (const session of this.#unverified.splice(0, verifiedPerBeat)) verifySession(session)
    this.#state.feedChecks.beat(now)
    this.#state.streams.beat(now)
    if (now - this.#checked < checkInterval) return
    this.#checked = now
    this.#state.check(now)
  }

  readonly #connectionClosed = (connection: HubConnection): void => {
    this.#connections.delete(connection)
    this.#heartbeat.remove(connection)
    if (this.#connections.size === 0) this.#drain.lastClosed()
  }
}
