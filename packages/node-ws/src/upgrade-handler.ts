import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  Admission,
  type Admitted,
  type Place,
  type Refusal,
  refusalCode,
  type Sink,
  type TransportHub,
} from '@chat/core/transport'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { warnOnBun } from './bun.ts'
import { closeTimeout, WsConnection } from './connection.ts'
import type { Compression, NodeWsExtra, UpgradeHandlerOptions } from './options.ts'
import { ignoreErrors, refuse } from './refuse.ts'
import { requestOf } from './request.ts'
import { open, type WsSocket } from './socket.ts'
import { requireWs } from './version.ts'

/** Takes WebSockets for a hub. */
export interface UpgradeHandler {
  /**
   * For hosts that own the `upgrade` event: upgrades a request for this hub's path, or refuses it with an HTTP response. `false`: the path is not
   * this hub's (or {@link UpgradeHandler.detach} was called), and nothing was done.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /**
   * For hosts that upgrade by themselves (Fastify, NestJS, Hono): takes a socket that is open, in the turn in which the host hands it out. The host has
   * matched the path; where it fits the `path` option, the parameters are taken from it. The origin is checked as for upgrades. `false`: the socket
   * was refused and closed. Set `maxPayload` and `maxFragments` in the host's options: an open socket keeps its own.
   */
  accept(socket: WsSocket, request: IncomingMessage): boolean
  /** Takes no further connections. Those that are open stay until the hub closes them. */
  detach(): void
}

/** Fragments of one message; each costs more than its bytes. */
const maxFragments = 64
/** Reads that one message may come in; each costs more than its bytes. A message of 256 KiB in these is 64 bytes a read. */
const maxBufferedChunks = 4_096

const detached: Refusal = { status: 503, message: 'The hub takes no further connections here.' }
const foreignProtocol: Refusal = {
  status: 400,
  message: 'The host agreed on a subprotocol that the hub does not speak.',
}

/** For sockets that nobody listens to any more. */
const deaf: Sink = { receive() {}, drain() {}, closed() {} }

/**
 * Takes WebSockets for a hub without listening to a server, for hosts that own the `upgrade` event or upgrade by themselves:
 *
 * ```ts
 * const chat = upgradeHandler(hub, { path: '/chat' })
 * server.on('upgrade', (request, socket, head) => {
 *   if (!chat.handleUpgrade(request, socket, head)) others(request, socket, head)
 * })
 * ```
 *
 * @throws UsageError when an option cannot work, or `ws` is older than 8.23.0.
 */
export function upgradeHandler(hub: TransportHub, options: UpgradeHandlerOptions = {}): UpgradeHandler {
  return new WsUpgradeHandler(hub, options, boundTo)
}

/** What {@link upgradeHandler} makes. */
export class WsUpgradeHandler implements UpgradeHandler {
  /** What it takes. */
  readonly admission: Admission
  readonly #hub: TransportHub
  readonly #options: UpgradeHandlerOptions
  readonly #server: WebSocketServer
  readonly #boundTo: (request: IncomingMessage) => string | null
  #detached = false

  constructor(
    hub: TransportHub,
    options: UpgradeHandlerOptions,
    boundTo: (request: IncomingMessage) => string | null,
  ) {
    requireWs()
    warnOnBun()
    this.#hub = hub
    this.#options = options
    this.#boundTo = boundTo
    this.admission = new Admission(hub, options)
    this.#server = new WebSocketServer(serverOptions(hub, options.compression))
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.take(request, socket, head) !== 'other'
  }

  /** The same, and what became of it: it was for others, it was answered with an error, or there is a connection. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): 'other' | 'refused' | 'taken' {
    const place = this.#detached ? null : this.admission.match(request.url)
    if (place === null) return 'other'
    ignoreErrors(socket)
    const admission = this.#admit(request, place)
    if ('status' in admission) {
      refuse(socket, admission)
      this.#tell(admission, request)
      return 'refused'
    }
    const ws = this.#upgrade(request, socket, head)
    if (ws === null) return 'refused'
    // Past `ws`'s own sender, unless that compresses: then it writes later what it is given now.
    const raw = ws.extensions === '' ? socket : null
    const extra: NodeWsExtra = { context: admission.context, socket: ws }
    this.#hub.accept(new WsConnection({ ws, raw, meter: meterOf(socket), extra }), admission.handshake)
    return 'taken'
  }

  accept(socket: WsSocket, request: IncomingMessage): boolean {
    const admission = this.#admitOpen(socket, request)
    const context = 'status' in admission ? undefined : admission.context
    const extra: NodeWsExtra = { context, socket }
    const connection = new WsConnection({ ws: socket, raw: null, meter: meterOf(request.socket), extra })
    if (!('status' in admission) && socket.readyState === open) {
      this.#hub.accept(connection, admission.handshake)
      return true
    }
    connection.attach(deaf)
    if ('status' in admission) {
      connection.close(refusalCode(admission), admission.message)
      this.#tell(admission, request)
    } else connection.abort(new Error('unable to accept a socket that is not open'))
    return false
  }

  detach(): void {
    this.#detached = true
  }

  #admit(request: IncomingMessage, place: Place): Admitted | Refusal {
    return this.admission.examine({
      place,
      request: requestOf(request),
      boundTo: () => this.#boundTo(request),
      context: () => this.#options.context?.(request),
    })
  }

  /** The same for a socket that the host has opened. */
  #admitOpen(socket: WsSocket, request: IncomingMessage): Admitted | Refusal {
    if (this.#detached) return detached
    if (socket.protocol !== '' && !this.#hub.subprotocols.includes(socket.protocol)) return foreignProtocol
    return this.#admit(request, this.admission.matched(request.url))
  }

  /** `ws` checks the request itself and answers a bad one; then there is no socket. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): WebSocket | null {
    const made: WebSocket[] = []
    try {
      this.#server.handleUpgrade(request, socket, head, (ws) => made.push(ws))
    } catch (error) {
      process.emitWarning(
        `unable to upgrade: ${String(error)}. Another 'upgrade' listener took the same request; let each answer its own path`,
        'ChatWarning',
      )
    }
    return made[0] ?? null
  }

  #tell(refusal: Refusal, request: IncomingMessage): void {
    try {
      this.#options.onRefused?.(refusal, request)
    } catch {}
  }
}

type NewerServerOptions = ServerOptions & { readonly closeTimeout: number }

function serverOptions(
  { limits, subprotocols }: TransportHub,
  compression: UpgradeHandlerOptions['compression'] = false,
): NewerServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    maxPayload: limits.transmission,
    maxFragments,
    maxBufferedChunks,
    closeTimeout,
    perMessageDeflate: compression === false ? false : deflate(compression === true ? {} : compression),
    // Without a common one the client gets none, never one that it did not offer (P-FR-8).
    handleProtocols: (offered) => [...offered].find((name) => subprotocols.includes(name)) ?? false,
  }
}

/** Without context from message to message, which would cost every idle connection its windows. */
function deflate({ threshold }: Compression): ServerOptions['perMessageDeflate'] {
  return {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    ...(threshold === undefined ? {} : { threshold }),
  }
}

/** The socket's count of bytes, where it has one. */
function meterOf(socket: Duplex): { readonly bytesRead: number } | null {
  return 'bytesRead' in socket && typeof socket.bytesRead === 'number'
    ? (socket as Duplex & { readonly bytesRead: number })
    : null
}

/** Where the server listens that a request came to; Node keeps it at the socket. */
function boundTo({ socket }: IncomingMessage): string | null {
  const { server } = socket as { readonly server?: { address?: () => unknown } }
  return addressOf(server?.address?.())
}

/** The address that a server listens on; `null` when it is no IP address. */
export function addressOf(bound: unknown): string | null {
  if (typeof bound !== 'object' || bound === null || !('address' in bound)) return null
  return typeof bound.address === 'string' ? bound.address : null
}
