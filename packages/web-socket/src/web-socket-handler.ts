import { UsageError } from '@chat/core'
import {
  type Admitted,
  agreedProtocol,
  type ConnectRequest,
  checkBoolean,
  checkFunction,
  checkHub,
  checkOptionsWithHint,
  closeRefused,
  describe,
  isPromise,
  type Refusal,
  type Refused,
  RequestHandler,
  refusalAnswer,
  type TransportHub,
  webRequest,
} from '@chat/core/transport'
import { WebSocketConnection } from './connection.ts'
import { optionNames, type WebSocketExtra, type WebSocketHandlerOptions } from './options.ts'
import { platformCountsBytes, platformUpgrade } from './platform.ts'
import { connecting, open, type ServerWebSocket, type Upgrade } from './socket.ts'

/** Takes WebSockets for a hub. */
export interface WebSocketHandler<Info = unknown> {
  /** Answers a request: for `Deno.serve(chat.fetch)`, or in the `fetch` of a Worker or Durable Object. */
  readonly fetch: (request: Request, info?: Info) => Response | Promise<Response>
  /**
   * Takes a socket from a host that upgrades by itself, open or still connecting; call it in the turn in
   * which the host has the socket. The host has matched the path: parameters come from a path that fits the
   * option `path`. The origin is checked as for upgrades. Returns `false` when the socket was refused and
   * closed, or has already begun to close.
   */
  accept(socket: ServerWebSocket, request: Request, info?: Info): boolean
  /** Takes no further connections. Open connections stay until the hub closes them. */
  detach(): void
}

/**
 * Takes WebSockets for a hub where the platform has the web's own:
 *
 * ```ts
 * const chat = webSocketHandler(hub, { path: '/chat', fetch: () => new Response('hello') })
 * Deno.serve(chat.fetch)
 * ```
 *
 * @throws UsageError when an option cannot work or does not exist, or the platform has no way to upgrade
 * requests.
 */
export function webSocketHandler<Info = unknown>(
  hub: TransportHub,
  options: WebSocketHandlerOptions<Info> = {},
): WebSocketHandler<Info> {
  checkHub(hub, 'webSocketHandler(hub, options)')
  checkOptionsWithHint('serve the hub', options, optionNames)
  for (const name of ['fetch', 'upgrade', 'remoteAddress'] as const)
    checkFunction('serve the hub', name, options[name])
  checkBoolean('serve the hub', 'backpressure', options.backpressure)
  const handler = new HubHandler(hub, options)
  return {
    fetch: (request, info) => handler.fetch(request, info),
    accept: (socket, request, info) => handler.accept(socket, request, info),
    detach: () => handler.detach(),
  }
}

class HubHandler<Info> implements WebSocketHandler<Info> {
  readonly #hub: TransportHub
  readonly #options: WebSocketHandlerOptions<Info>
  readonly #requests: RequestHandler<Request>
  readonly #upgrade: Upgrade

  constructor(hub: TransportHub, options: WebSocketHandlerOptions<Info>) {
    this.#hub = hub
    this.#options = options
    this.#requests = new RequestHandler(hub, options)
    this.#upgrade = options.upgrade ?? platformUpgrade()
  }

  fetch(request: Request, info: Info | undefined): Response | Promise<Response> {
    const asked = this.#describe(request, info)
    const decision = this.#requests.decide(asked)
    if (isPromise(decision)) return decision.then((decided) => this.#decided(decided, asked))
    if (decision.outcome === 'not-for-hub' && this.#options.fetch !== undefined)
      return this.#options.fetch(request, info as Info)
    return decision.outcome === 'not-for-hub' ? responseOf(decision.refusal) : this.#decided(decision, asked)
  }

  #decided(decision: Admitted | Refused, asked: ConnectRequest<Request>): Response {
    if (decision.outcome === 'refused') return responseOf(decision.refusal)
    try {
      return this.#open(asked.native, decision)
    } catch (error) {
      return responseOf(this.#requests.refuseUpgrade(asked, error).refusal)
    }
  }

  accept(socket: ServerWebSocket, request: Request, info: Info | undefined): boolean {
    if (typeof socket?.addEventListener !== 'function')
      throw new UsageError(
        `unable to accept the socket: the first argument is ${describe(socket)}, not a WebSocket; write \`accept(socket, request)\``,
      )
    // A socket that closes may have reported that already, and the hub would never hear of it.
    if (socket.readyState > open) return false
    const protocol = socket.protocol ?? ''
    const decision = this.#requests.decideOpened(this.#describe(request, info), protocol)
    // The connection listens from now on: a platform may deliver messages in the turn in which the socket
    // opens, and while the application decides.
    const extra = { context: undefined as unknown, socket }
    const connection = this.#connection(socket, protocol, extra)
    if (!isPromise(decision)) return this.#enter(connection, extra, decision)
    connection.pause()
    void decision.then((decided) => {
      connection.resume()
      this.#enter(connection, extra, decided)
    })
    return true
  }

  detach(): void {
    this.#requests.detach()
  }

  #describe(request: Request, info: Info | undefined): ConnectRequest<Request> {
    const { remoteAddress = denoAddress } = this.#options
    return webRequest(request, { remoteAddress: () => remoteAddress(request, info) })
  }

  #open(request: Request, admitted: Admitted): Response {
    const offer = admitted.handshake.headers['sec-websocket-protocol']
    const protocol = agreedProtocol(offer, this.#hub.subprotocols)
    // The hub's heartbeat finds silent peers.
    const { socket, response } = this.#upgrade(request, { idleTimeout: 0 })
    // Not as an option of the upgrade: Deno understands only offers with a space behind each comma.
    if (protocol !== '') response.headers.set('Sec-WebSocket-Protocol', protocol)
    const extra = { context: undefined, socket }
    this.#enter(this.#connection(socket, protocol, extra), extra, admitted)
    return response
  }

  /** Hands a socket to the hub once it is open. Returns `false` when it is closed instead. */
  #enter(
    connection: WebSocketConnection,
    extra: { context: unknown; readonly socket: ServerWebSocket },
    decision: Admitted | Refused,
  ): boolean {
    if (decision.outcome === 'refused') {
      whenOpen(extra.socket, () => closeRefused(connection, decision.refusal))
      return false
    }
    extra.context = decision.context
    whenOpen(extra.socket, () => this.#hub.accept(connection, decision.handshake))
    return true
  }

  #connection(socket: ServerWebSocket, protocol: string, extra: WebSocketExtra): WebSocketConnection {
    const backpressure = this.#options.backpressure ?? platformCountsBytes()
    return new WebSocketConnection({ socket, protocol, backpressure, extra })
  }
}

function whenOpen(socket: ServerWebSocket, then: () => void): void {
  if (socket.readyState === connecting) socket.addEventListener('open', then)
  else then()
}

function responseOf(refusal: Refusal): Response {
  const { body, headers } = refusalAnswer(refusal)
  return new Response(body, { status: refusal.status, headers })
}

/** Returns the peer's address as Deno tells it; empty elsewhere. */
function denoAddress(_request: Request, info: unknown): string {
  const { remoteAddr } = (info ?? {}) as { remoteAddr?: { hostname?: string } }
  return remoteAddr?.hostname ?? ''
}
