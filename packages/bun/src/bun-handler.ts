import { UsageError } from '@chat/core'
import {
  type Admitted,
  agreedProtocol,
  type ConnectRequest,
  checkHub,
  checkOptionsWithHint,
  describe,
  isPromise,
  type Refusal,
  type Refused,
  RequestHandler,
  refusalAnswer,
  type TransportHub,
  webRequest,
} from '@chat/core/transport'
import type { BunFetch, BunServer, BunSocket, BunWebSocketHandler } from './bun.ts'
import { type BunHandlerOptions, optionNames } from './options.ts'
import { checkSettings, socketHandler, UpgradedRequest } from './socket-handler.ts'

/** Parts of a server of Bun that a hub needs. */
export interface BunHandler {
  /**
   * For `Bun.serve({ fetch })`, or for a route of it. Returns `undefined` for a request that was upgraded.
   */
  readonly fetch: (request: Request, server: BunServer) => ReturnType<BunFetch>
  /** For `Bun.serve({ websocket })`. */
  readonly websocket: BunWebSocketHandler<BunSocket>
  /** Takes no further connections. Open connections stay until the hub closes them. */
  detach(): void
}

/**
 * Takes WebSockets of `Bun.serve` for a hub:
 *
 * ```ts
 * const chat = bunHandler(hub, { path: '/chat', fetch: () => new Response('hello') })
 * Bun.serve({ port: 3000, fetch: chat.fetch, websocket: chat.websocket })
 * ```
 *
 * Requests and sockets that are not the hub's go to `fetch` and `websocket` of the options, so several hubs
 * on one server form a chain: each gets the parts of the hub before.
 *
 * @throws UsageError when an option cannot work or does not exist.
 */
export function bunHandler(hub: TransportHub, options: BunHandlerOptions = {}): BunHandler {
  checkHub(hub, 'bunHandler(hub, options)')
  checkOptionsWithHint('serve the hub', options, optionNames)
  checkFetch(options.fetch)
  checkSettings(hub, options.websocket)
  return new HubHandler(hub, options)
}

/**
 * `fetch` and `websocket` are its own properties and `detach` is not, so that its spread can be the options
 * of another hub's handler.
 */
class HubHandler implements BunHandler {
  readonly fetch: BunHandler['fetch']
  readonly websocket: BunHandler['websocket']
  readonly #hub: TransportHub
  readonly #options: BunHandlerOptions
  readonly #requests: RequestHandler<Request>

  constructor(hub: TransportHub, options: BunHandlerOptions) {
    this.#hub = hub
    this.#options = options
    this.#requests = new RequestHandler(hub, options)
    this.fetch = (request, server) => this.#handle(request, server)
    this.websocket = socketHandler(hub, options.websocket)
  }

  detach(): void {
    this.#requests.detach()
  }

  #handle(request: Request, server: BunServer): ReturnType<BunFetch> {
    checkServer(server)
    const asked = webRequest(request, {
      remoteAddress: () => server.requestIP(request)?.address ?? '',
      boundTo: () => server.address,
    })
    const decision = this.#requests.decide(asked)
    if (isPromise(decision)) return decision.then((decided) => this.#decided(decided, asked, server))
    if (decision.outcome === 'not-for-hub' && this.#options.fetch !== undefined)
      return this.#options.fetch(request, server as never)
    return decision.outcome === 'not-for-hub'
      ? responseOf(decision.refusal)
      : this.#decided(decision, asked, server)
  }

  /** Upgrades a request that is admitted, and answers one that is refused. */
  #decided(
    decision: Admitted | Refused,
    asked: ConnectRequest<Request>,
    server: BunServer,
  ): Response | undefined {
    if (decision.outcome === 'refused') return responseOf(decision.refusal)
    const protocol = agreedProtocol(
      decision.handshake.headers['sec-websocket-protocol'],
      this.#hub.subprotocols,
    )
    const upgraded = server.upgrade(asked.native, {
      data: new UpgradedRequest(this.#hub, decision, protocol),
      // Without this header Bun agrees to the first subprotocol offered, whichever it is (P-FR-8); it leaves
      // an empty one out.
      headers: { 'Sec-WebSocket-Protocol': protocol },
    })
    return upgraded ? undefined : responseOf(this.#requests.refuseUpgrade(asked).refusal)
  }
}

function checkServer(server: BunServer): void {
  if (typeof server?.upgrade !== 'function')
    throw new UsageError(
      `unable to take the request: the second argument is ${describe(server)}, not Bun's server; write \`fetch(request, server)\``,
    )
}

function checkFetch(fetch: unknown): void {
  if (fetch === undefined || typeof fetch === 'function') return
  throw new UsageError(`unable to serve the hub: the option 'fetch' is ${describe(fetch)}; give a function`)
}

function responseOf(refusal: Refusal): Response {
  const { body, headers } = refusalAnswer(refusal)
  return new Response(body, { status: refusal.status, headers })
}
