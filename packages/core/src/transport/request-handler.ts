import { attempt, chain, isPromise, type MaybePromise } from '../runtime/maybe-promise.ts'
import { describe } from '../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../vocabulary/errors.ts'
import { askApplication } from './ask-application.ts'
import type { ConnectRequest } from './connect-request.ts'
import type { Handshake } from './connection.ts'
import { handshakeOf, type Target, targetOf } from './handshake.ts'
import { foreignOrigin, OriginPolicy } from './origin-policy.ts'
import { PathPattern } from './path-pattern.ts'
import { RequestPlaces } from './places.ts'
import type { Refusal } from './refusal.ts'
import { clientAddress } from './remote-address.ts'
import type { AdmissionOptions, RequestOptions } from './request-options.ts'
import { none, type TextRecord } from './text-record.ts'
import type { TransportHub } from './transport-hub.ts'

/** Decision that a request may have a connection. */
export interface Admitted {
  /** Name of the decision. */
  readonly outcome: 'admitted'
  /** Facts about the client, for `hub.accept`. */
  readonly handshake: Handshake
  /** Value that the option `context` returned. */
  readonly context: unknown
}

/** Decision that a request gets no connection. */
export interface Refused {
  /** Name of the decision. */
  readonly outcome: 'refused'
  /** Answer to the request. */
  readonly refusal: Refusal
}

/** Decision that a request is not for the hub. The application may answer it. */
export interface NotForHub {
  /** Name of the decision. */
  readonly outcome: 'not-for-hub'
  /**
   * Answer to the request when the application does not answer it: 404 for another path, 426 for a request
   * without an upgrade.
   */
  readonly refusal: Refusal
}

/** Path that the hub answers, with its parameters. */
export interface MatchedPath extends Target {
  /** Decoded parameters; `malformed` when the path is not encoded correctly. */
  readonly params: Readonly<Record<string, string>> | 'malformed'
}

const notFound: NotForHub = {
  outcome: 'not-for-hub',
  refusal: { status: 404, message: 'There is nothing at this path.' },
}
const notUpgrade: NotForHub = {
  outcome: 'not-for-hub',
  refusal: {
    status: 426,
    message: 'Connect with a WebSocket.',
    headers: { Upgrade: 'websocket', Connection: 'Upgrade' },
  },
}
const malformedPath: Refusal = { status: 400, message: 'The path is not encoded correctly.' }
const noUpgrade: Refusal = { status: 400, message: 'This is not a WebSocket upgrade.' }
const foreignProtocol: Refusal = {
  status: 400,
  message: 'The host agreed on a subprotocol that the hub does not speak.',
}
const closing: Refusal = {
  status: 503,
  message: 'The server is shutting down.',
  retryAfter: 5_000,
}
const waiting: Refusal = {
  status: 503,
  message: 'The server examines too many requests.',
  retryAfter: 2_000,
}
const noPlace: Refused = { outcome: 'refused', refusal: waiting }
/** Most requests that wait at a time for `origins` or `context`: new connections, POSTs, and preflights. */
const mostWaiting = 6_000
/** Origin of a page that a developer opens. Pages of other machines do not fill the log. */
const localPage = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/
const detached: Refusal = { status: 503, message: 'The hub accepts no further connections here.' }

/**
 * Request side of every server transport: it matches the path, checks host and origin, collects the
 * handshake, and tells the application about refusals. A transport asks it for a decision about each request,
 * and upgrades or answers the request in the way of its server.
 */
export class RequestHandler<Request> {
  /**
   * Equal for two handlers that answer the same paths. In sorted order, the more specific path comes first.
   * Empty for a handler of every path.
   */
  readonly shape: string
  readonly #hub: TransportHub
  readonly #options: RequestOptions<Request>
  readonly #pattern: PathPattern | null
  readonly #policy: OriginPolicy
  readonly #proxies: number
  #detached = false
  readonly #waiting = new RequestPlaces(mostWaiting)
  /** `true` once a local page was refused. */
  #toldOrigin = false

  /** @throws UsageError when an option cannot work. */
  constructor(hub: TransportHub, options: RequestOptions<Request>) {
    for (const name of ['context', 'onRefused'] as const) checkFunction(name, options[name])
    this.#hub = hub
    this.#options = options
    this.#pattern = options.path === undefined ? null : new PathPattern(options.path)
    this.#policy = new OriginPolicy(options)
    this.#proxies = proxiesOf(options)
    this.shape = this.#pattern?.shape ?? ''
  }

  /** True if {@link RequestHandler.detach} was called. */
  get detached(): boolean {
    return this.#detached
  }

  /** Admits no further connections: every later request is not for the hub. */
  detach(): void {
    this.#detached = true
  }

  /**
   * Decides on a request of a server that hands over all its requests. The decision is a promise only if
   * `origins` or `context` of the application answers later.
   */
  decide(request: ConnectRequest<Request>): NotForHub | MaybePromise<Admitted | Refused> {
    const path = this.#detached ? null : this.match(request)
    if (path === null) return notFound
    return request.isUpgrade ? this.admit(request, path) : notUpgrade
  }

  /** Decides on a request of a server that hands over upgrades only, and checks them itself. */
  decideUpgrade(request: ConnectRequest<Request>): NotForHub | MaybePromise<Admitted | Refused> {
    const path = this.#detached ? null : this.match(request)
    return path === null ? notFound : this.admit(request, path)
  }

  /**
   * Decides on a socket that its host has opened, with the subprotocol that the host agreed on. The host has
   * matched the path: a path that fits the option `path` gives parameters, and every other path gives an
   * empty record. The limits of connections are left to the hub, which closes such a socket with 4013.
   */
  decideOpened(request: ConnectRequest<Request>, protocol: string): MaybePromise<Admitted | Refused> {
    if (this.#detached) return this.refuse(detached, request)
    if (protocol !== '' && !this.#hub.subprotocols.includes(protocol))
      return this.refuse(foreignProtocol, request)
    const path = this.match(request) ?? { ...targetOf(request.url), params: none }
    return this.#refuseClosing(request, path) ?? this.#admit(request, path)
  }

  /** Returns the path of a request with its parameters; `null` when the hub does not answer this path. */
  match({ url }: ConnectRequest<Request>): MatchedPath | null {
    const target = targetOf(url)
    const params = this.#pattern === null ? none : this.#pattern.match(target.path)
    return params === null ? null : { ...target, params }
  }

  /**
   * Decides on a request for a new connection at a path that matches. Never throws and never rejects; the
   * application is told about a refusal.
   */
  admit(request: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Admitted | Refused> {
    const refused = this.#refuseClosing(request, path)
    if (refused !== null) return refused
    const excess = this.#hub.checkAdmission(this.addressOf(request))
    return excess === null ? this.#admit(request, path) : this.refuse(excess, request)
  }

  #refuseClosing(request: ConnectRequest<Request>, path: MatchedPath): Refused | null {
    return path.params !== 'malformed' && this.#hub.closing ? this.refuse(closing, request) : null
  }

  #admit(request: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Admitted | Refused> {
    const decision = this.#inPlace(request, () =>
      chain(this.#check(request, path), (checked) => this.#withContext(checked, request)),
    )
    return decision === noPlace ? this.refuse(waiting, request) : decision
  }

  /** Decides in a place of the request's address, which it keeps until the application has answered. */
  #inPlace(
    request: ConnectRequest<Request>,
    decide: () => MaybePromise<Admitted | Refused>,
  ): MaybePromise<Admitted | Refused> {
    const address = this.addressOf(request)
    if (!this.#waiting.hasRoom(address)) return noPlace
    const decision = decide()
    if (!isPromise(decision)) return decision
    return Promise.resolve(decision).finally(this.#waiting.enter(address))
  }

  #withContext(
    checked: Admitted | Refused,
    request: ConnectRequest<Request>,
  ): MaybePromise<Admitted | Refused> {
    if (checked.outcome === 'refused') {
      if (checked.refusal === foreignOrigin) this.#tellOrigin(request.headers['origin'] ?? '')
      return this.refuse(checked.refusal, request)
    }
    const { context } = this.#options
    if (context === undefined) return checked
    return askApplication<unknown, Admitted | Refused>(() => context(request.native), {
      answered: (kept) => ({ ...checked, context: kept }),
      failed: (error) => {
        this.#hub.reportError(error, 'context')
        return this.refuse({ status: 500, message: 'The request could not be examined.', error }, request)
      },
    })
  }

  /**
   * Checks path, host and origin alone: for requests of a connection that exists, which a hub that shuts down
   * still serves. It waits for `origins` in a place like any other request. The application is not told about a
   * refusal. Never throws and never rejects.
   */
  check(request: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Admitted | Refused> {
    return this.#inPlace(request, () => this.#check(request, path))
  }

  #check(request: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Admitted | Refused> {
    if (path.params === 'malformed') return { outcome: 'refused', refusal: malformedPath }
    const remoteAddress = this.addressOf(request)
    const handshake = handshakeOf(request, path, { params: path.params as TextRecord, remoteAddress })
    return chain(
      this.#policy.check(handshake, () => request.boundTo),
      (refusal): Admitted | Refused => {
        if (refusal === null) return { outcome: 'admitted', handshake, context: undefined }
        if (refusal.error !== undefined) this.#hub.reportError(refusal.error, 'origins')
        return { outcome: 'refused', refusal }
      },
    )
  }

  /**
   * Refuses a request that was admitted and that the server could not upgrade; `error` is the value that the
   * server's code threw.
   */
  refuseUpgrade(request: ConnectRequest<Request>, error?: unknown): Refused {
    return this.refuse(error === undefined ? noUpgrade : { ...noUpgrade, error }, request)
  }

  /** Tells a developer, once, why the page is refused: a browser hides the reason from it. */
  #tellOrigin(origin: string): void {
    if (this.#toldOrigin || !localPage.test(origin)) return
    this.#toldOrigin = true
    const error = new ChatError(
      'forbidden',
      `unable to accept a page of ${origin}: it is not of the server's own origin. Give the transport the option origins: ['${origin}'], or let the server of the page forward the hub's path`,
    )
    this.#hub.reportError(error, 'origins')
  }

  /** Returns the client's address, behind the proxies that are trusted. */
  addressOf(request: ConnectRequest<Request>): string {
    const { remoteAddress } = request
    if (this.#proxies === 0) return remoteAddress
    return clientAddress(remoteAddress, request.headers['x-forwarded-for'], this.#proxies)
  }

  /** Refuses a request for a reason of the transport's own, and tells the application. */
  refuse(refusal: Refusal, { native }: ConnectRequest<Request>): Refused {
    attempt(
      () => this.#options.onRefused?.(refusal, native),
      () => {},
      (error) => this.#hub.reportError(error, 'onRefused'),
    )
    return { outcome: 'refused', refusal }
  }
}

function proxiesOf({ trustProxy = 0 }: AdmissionOptions): number {
  if (Number.isInteger(trustProxy) && trustProxy >= 0) return trustProxy
  throw new UsageError(
    `unable to serve the hub: the option 'trustProxy' is ${describe(trustProxy)}; give the number of proxies in front of the hub, such as 1`,
  )
}

function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new UsageError(`unable to serve the hub: the option '${name}' is ${describe(value)}; give a function`)
}
