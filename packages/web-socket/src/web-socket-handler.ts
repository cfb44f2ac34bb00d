import {
  Admission,
  type Admitted,
  agreedProtocol,
  connectRequest,
  type Place,
  type Refusal,
  refusalAnswer,
  refusalCode,
  type Sink,
  type TransportHub,
} from '@chat/core/transport'
import { WebSocketConnection } from './connection.ts'
import type { WebSocketExtra, WebSocketHandlerOptions } from './options.ts'
import { connecting, open, type ServerWebSocket, type Upgrade } from './socket.ts'
import { platformCounts, platformUpgrade } from './upgrade.ts'

/** Takes WebSockets for a hub. */
export interface WebSocketHandler<Info = unknown> {
  /** Answers a request: for `Deno.serve(chat.fetch)`, or in the `fetch` of a Worker or Durable Object. */
  readonly fetch: (request: Request, info?: Info) => Response | Promise<Response>
  /**
   * For hosts that upgrade by themselves: takes a socket, in the turn in which the host has it, open or still connecting. The host has matched the path; where it
   * fits the `path` option, the parameters are taken from it. The origin is checked as for upgrades. `false`: the socket was refused and closed, or has
   * already begun to close.
   */
  accept(socket: ServerWebSocket, request: Request, info?: Info): boolean
  /** Takes no further connections. Those that are open stay until the hub closes them. */
  detach(): void
}

/**
 * Lets a hub take WebSockets where the platform has the web's own:
 *
 * ```ts
 * const chat = webSocketHandler(hub, { path: '/chat', fetch: () => new Response('hello') })
 * Deno.serve(chat.fetch)
 * ```
 *
 * @throws UsageError when an option cannot work, or there is no way to upgrade requests here.
 */
export function webSocketHandler<Info = unknown>(
  hub: TransportHub,
  options: WebSocketHandlerOptions<Info> = {},
): WebSocketHandler<Info> {
  const taker = new Taker(hub, options)
  return {
    fetch: (request, info) => taker.fetch(request, info),
    accept: (socket, request, info) => taker.accept(socket, request, info),
    detach: () => taker.detach(),
  }
}

const detached: Refusal = { status: 503, message: 'The hub takes no further connections here.' }
const noUpgrade: Refusal = { status: 400, message: 'This is no WebSocket upgrade.' }

/** For sockets that nobody listens to any more. */
const deaf: Sink = { receive() {}, drain() {}, closed() {} }

class Taker<Info> {
  readonly #hub: TransportHub
  readonly #options: WebSocketHandlerOptions<Info>
  readonly #admission: Admission
  readonly #upgrade: Upgrade
  #detached = false

  constructor(hub: TransportHub, options: WebSocketHandlerOptions<Info>) {
    this.#hub = hub
    this.#options = options
    this.#admission = new Admission(hub, options)
    this.#upgrade = options.upgrade ?? platformUpgrade()
  }

  fetch(request: Request, info: Info | undefined): Response | Promise<Response> {
    const place = this.#detached ? null : this.#admission.match(request.url)
    if (place === null) return this.#others(request, info, 404)
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return this.#others(request, info, 426)
    const admitted = this.#admit(request, info, place)
    if ('status' in admitted) return this.#refuse(admitted, request)
    const protocol = agreedProtocol(admitted.handshake.headers, this.#hub.subprotocols)
    try {
      // The hub's heartbeat finds who is gone.
      const { socket, response } = this.#upgrade(request, { idleTimeout: 0 })
      // Not as an option: Deno knows only lists of offers that have a space behind each comma.
      if (protocol !== '') response.headers.set('Sec-WebSocket-Protocol', protocol)
      this.#enter(socket, protocol, admitted)
      return response
    } catch (error) {
      return this.#refuse({ ...noUpgrade, error }, request)
    }
  }

  accept(socket: ServerWebSocket, request: Request, info: Info | undefined): boolean {
    // Its end may have been told already, and nobody would tell the hub.
    if (socket.readyState > open) return false
    const place = this.#admission.matched(request.url)
    const admitted = this.#detached ? detached : this.#admit(request, info, place)
    if (!('status' in admitted)) {
      this.#enter(socket, socket.protocol ?? '', admitted)
      return true
    }
    const connection = this.#connection(socket, '', undefined)
    connection.attach(deaf)
    this.#whenOpen(socket, () => connection.close(refusalCode(admitted), admitted.message))
    this.#tell(admitted, request)
    return false
  }

  detach(): void {
    this.#detached = true
  }

  /** Hands a socket over once it is open. Its connection listens from now on: a platform may deliver in the turn in which it opens. */
  #enter(socket: ServerWebSocket, protocol: string, { handshake, context }: Admitted): void {
    const extra: WebSocketExtra = { context, socket }
    const connection = this.#connection(socket, protocol, extra)
    this.#whenOpen(socket, () => this.#hub.accept(connection, handshake))
  }

  #connection(socket: ServerWebSocket, protocol: string, extra: unknown): WebSocketConnection {
    const backpressure = this.#options.backpressure ?? platformCounts()
    return new WebSocketConnection({ socket, protocol, backpressure, extra })
  }

  #whenOpen(socket: ServerWebSocket, then: () => void): void {
    if (socket.readyState === connecting) socket.addEventListener('open', then)
    else then()
  }

  #others(request: Request, info: Info | undefined, status: 404 | 426): Response | Promise<Response> {
    if (this.#options.fetch !== undefined) return this.#options.fetch(request, info as Info)
    if (status === 404) return new Response('Nothing is here.\n', { status })
    return new Response('Connect with a WebSocket.\n', { status, headers: { Upgrade: 'websocket' } })
  }

  #admit(request: Request, info: Info | undefined, place: Place): Admitted | Refusal {
    return this.#admission.examine({
      place,
      request: connectRequest(request.headers, (this.#options.remoteAddress ?? addressOf)(request, info)),
      // No platform says where it listens.
      boundTo: () => null,
      context: () => this.#options.context?.(request),
    })
  }

  #refuse(refusal: Refusal, request: Request): Response {
    this.#tell(refusal, request)
    const { body, headers } = refusalAnswer(refusal)
    return new Response(body, { status: refusal.status, headers })
  }

  #tell(refusal: Refusal, request: Request): void {
    try {
      this.#options.onRefused?.(refusal, request)
    } catch {}
  }
}

/** What Deno knows of the peer. */
function addressOf(_request: Request, info: unknown): string {
  const { remoteAddr } = (info ?? {}) as { remoteAddr?: { hostname?: string } }
  return remoteAddr?.hostname ?? ''
}
