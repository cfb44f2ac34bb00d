import { UsageError } from '@chat/core'
import {
  Admission,
  type Admitted,
  agreedProtocol,
  connectRequest,
  type Place,
  type Refusal,
  refusalAnswer,
  type TransportHub,
} from '@chat/core/transport'
import type { BunFetch, BunServer, BunSocket, BunWebSocketHandler } from './bun.ts'
import { BunConnection } from './connection.ts'
import type { BunExtra, BunHandlerOptions } from './options.ts'

/** What Bun takes for an answer: nothing, once a request is upgraded. */
type Answer = ReturnType<BunFetch>

/** The parts of a server that a hub needs. */
export interface BunHandler {
  /** For `Bun.serve({ fetch })`, or for a route of it. */
  readonly fetch: (request: Request, server: BunServer) => Answer
  /** For `Bun.serve({ websocket })`. */
  readonly websocket: BunWebSocketHandler<BunSocket>
  /** Takes no further connections. Those that are open stay until the hub closes them. */
  detach(): void
}

/**
 * Lets a hub take WebSockets of `Bun.serve`:
 *
 * ```ts
 * const chat = bunHandler(hub, { path: '/chat', fetch: () => new Response('hello') })
 * Bun.serve({ port: 3000, fetch: chat.fetch, websocket: chat.websocket })
 * ```
 *
 * What is not for the hub goes to the `fetch` and `websocket` given in the options, so several hubs on one server are a chain: each gets the parts of the one before.
 *
 * @throws UsageError when an option cannot work.
 */
export function bunHandler(hub: TransportHub, options: BunHandlerOptions = {}): BunHandler {
  checkSettings(hub, options.websocket)
  const taker = new Taker(hub, options)
  return {
    fetch: (request, server) => taker.fetch(request, server),
    websocket: handlers(hub, options.websocket),
    detach: () => taker.detach(),
  }
}

const noUpgrade: Refusal = { status: 400, message: 'This is no WebSocket upgrade.' }

/** A request that Bun has upgraded, until its socket opens. */
class Arrival {
  readonly hub: TransportHub
  readonly admitted: Admitted
  readonly protocol: string

  constructor(hub: TransportHub, admitted: Admitted, protocol: string) {
    this.hub = hub
    this.admitted = admitted
    this.protocol = protocol
  }

  /** Hands the socket over. The connection is at the socket first: the hub may close it in this very call, of which Bun tells at once. */
  enter(socket: BunSocket): void {
    const { handshake, context } = this.admitted
    const extra: BunExtra = { context, socket }
    const connection = new BunConnection(socket, this.protocol, extra)
    socket.data = connection
    this.hub.accept(connection, handshake)
  }
}

/** Answers requests. */
class Taker {
  readonly #hub: TransportHub
  readonly #options: BunHandlerOptions
  readonly #admission: Admission
  #detached = false

  constructor(hub: TransportHub, options: BunHandlerOptions) {
    this.#hub = hub
    this.#options = options
    this.#admission = new Admission(hub, options)
  }

  fetch(request: Request, server: BunServer): Answer {
    const place = this.#detached ? null : this.#admission.match(request.url)
    if (place === null) return this.#others(request, server, 404)
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket')
      return this.#others(request, server, 426)
    const admitted = this.#admit(request, server, place)
    if ('status' in admitted) return this.#refuse(admitted, request)
    const protocol = agreedProtocol(admitted.handshake.headers, this.#hub.subprotocols)
    const upgraded = server.upgrade(request, {
      data: new Arrival(this.#hub, admitted, protocol),
      // Without it Bun would agree to the first one offered, whatever that is (P-FR-8); an empty one it leaves out.
      headers: { 'Sec-WebSocket-Protocol': protocol },
    })
    return upgraded ? undefined : this.#refuse(noUpgrade, request)
  }

  detach(): void {
    this.#detached = true
  }

  #others(request: Request, server: BunServer, status: 404 | 426): Answer {
    if (this.#options.fetch !== undefined) return this.#options.fetch(request, server as never)
    if (status === 404) return new Response('Nothing is here.\n', { status })
    const headers = { Upgrade: 'websocket', Connection: 'Upgrade' }
    return new Response('Connect with a WebSocket.\n', { status, headers })
  }

  #admit(request: Request, server: BunServer, place: Place): Admitted | Refusal {
    return this.#admission.examine({
      place,
      request: connectRequest(request.headers, server.requestIP(request)?.address ?? ''),
      boundTo: () => addressOf(server.address),
      context: () => this.#options.context?.(request),
    })
  }

  #refuse(refusal: Refusal, request: Request): Response {
    try {
      this.#options.onRefused?.(refusal, request)
    } catch {}
    const { body, headers } = refusalAnswer(refusal)
    return new Response(body, { status: refusal.status, headers })
  }
}

/** What Bun calls for each socket: the hub's know their connections, and all others belong to the application. */
function handlers(
  hub: TransportHub,
  others: BunWebSocketHandler | undefined,
): BunWebSocketHandler<BunSocket> {
  // They take sockets that they made themselves.
  const theirs = others as BunWebSocketHandler<BunSocket> | undefined
  return {
    ...(theirs ?? settingsFor(hub)),
    open(socket) {
      const { data } = socket
      return data instanceof Arrival ? data.enter(socket) : theirs?.open?.(socket)
    },
    message(socket, message) {
      const { data } = socket
      return data instanceof BunConnection ? data.onMessage(message) : theirs?.message?.(socket, message)
    },
    drain(socket) {
      const { data } = socket
      return data instanceof BunConnection ? data.onDrain() : theirs?.drain?.(socket)
    },
    close(socket, code, reason) {
      const { data } = socket
      return data instanceof BunConnection
        ? data.onClose(code, reason)
        : theirs?.close?.(socket, code, reason)
    },
    ping(socket, bytes) {
      const { data } = socket
      return data instanceof BunConnection ? data.onLife() : theirs?.ping?.(socket, bytes)
    },
    pong(socket, bytes) {
      const { data } = socket
      return data instanceof BunConnection ? data.onLife() : theirs?.pong?.(socket, bytes)
    },
  }
}

/** The hub bounds what waits for a slow reader, and its heartbeat finds who is gone. Nothing is compressed. */
function settingsFor({ limits }: TransportHub): object {
  return {
    maxPayloadLength: limits.transmission,
    backpressureLimit: 0,
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
  }
}

/** What Bun does where a host says nothing: 16 MiB of each. */
const bunDefault = 16 * 1024 * 1024

/** Settings below the hub's limits would break connections: of clients that send what they may, or that are slower than others. */
function checkSettings({ limits }: TransportHub, others: BunWebSocketHandler | undefined): void {
  if (others === undefined) return
  const { maxPayloadLength = bunDefault, backpressureLimit = bunDefault } = others
  if (maxPayloadLength < limits.transmission)
    throw new UsageError(
      `unable to serve: the \`maxPayloadLength\` of \`websocket\` is ${maxPayloadLength} bytes, and clients of the hub may send ${limits.transmission}; raise it, or lower \`limits.transmission\` of the hub`,
    )
  // 0 is no limit.
  if (backpressureLimit !== 0 && backpressureLimit < limits.queue)
    throw new UsageError(
      `unable to serve: Bun would drop messages above the \`backpressureLimit\` of \`websocket\`, ${backpressureLimit} bytes, and up to ${limits.queue} may wait for a client of the hub; raise it, or lower \`limits.queue\` of the hub`,
    )
}

/** The address that a server listens on; `null` for a Unix socket. */
function addressOf(bound: unknown): string | null {
  if (typeof bound !== 'object' || bound === null || !('address' in bound)) return null
  return typeof bound.address === 'string' ? bound.address : null
}
