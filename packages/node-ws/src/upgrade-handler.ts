import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UsageError } from '@chat/core'
import {
  type Admitted,
  type BoundServer,
  checkHub,
  checkOptionsWithHint,
  closeRefused,
  describe,
  isPromise,
  nodeRequest,
  type Refused,
  RequestHandler,
  type TransportHub,
} from '@chat/core/transport'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { answerRefused, ignoreErrors } from './answer-refused.ts'
import { closeTimeout, WsConnection } from './connection.ts'
import {
  type Compression,
  checkCompression,
  type NodeWsExtra,
  optionNames,
  type UpgradeHandlerOptions,
} from './options.ts'
import { requireWs } from './require-ws.ts'
import { open, type WsSocket } from './socket.ts'
import type { InboundSocket } from './stranger-guard.ts'
import { warnOnBun } from './warn-on-bun.ts'

/** Takes WebSockets for a hub. */
export interface UpgradeHandler {
  /**
   * Upgrades a request for this hub's path, or refuses it with an HTTP response: for hosts that own the
   * `upgrade` event. Returns `false`, and leaves the request alone, when the path is not this hub's, or
   * {@link UpgradeHandler.detach} was called.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /**
   * Takes an open socket from a host that upgrades by itself (Fastify, NestJS, Hono); call it in the turn in
   * which the host hands the socket out. The host has matched the path: parameters come from a path that fits
   * the option `path`. The origin is checked as for upgrades. Returns `false` when the socket was refused and
   * closed. Set `maxPayload` and `maxFragments` in the host's options: an open socket keeps its own.
   */
  accept(socket: WsSocket, request: IncomingMessage): boolean
  /** Takes no further connections. Open connections stay until the hub closes them. */
  detach(): void
}

/** Most fragments of one message; each costs more than its bytes. */
const maxFragments = 64
/**
 * Most reads that one message may arrive in; each costs some hundred bytes. A message of 256 KiB in so many
 * reads has 256 bytes in each.
 */
const maxBufferedChunks = 1_024

/**
 * Takes WebSockets for a hub without listening to a server, for hosts that own the `upgrade` event or upgrade
 * requests themselves:
 *
 * ```ts
 * const chat = upgradeHandler(hub, { path: '/chat' })
 * server.on('upgrade', (request, socket, head) => {
 *   if (!chat.handleUpgrade(request, socket, head)) otherUpgrades(request, socket, head)
 * })
 * ```
 *
 * @throws UsageError when an option cannot work or does not exist, or `ws` is older than 8.23.0.
 */
export function upgradeHandler(hub: TransportHub, options: UpgradeHandlerOptions = {}): UpgradeHandler {
  checkHub(hub, 'upgradeHandler(hub, options)')
  checkOptionsWithHint('serve the hub', options, optionNames)
  return new WsUpgradeHandler(hub, options)
}

/** A request to upgrade, as Node's server hands it over. */
interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Implementation of {@link UpgradeHandler}, for `attach` as well. */
export class WsUpgradeHandler implements UpgradeHandler {
  readonly #hub: TransportHub
  readonly #requests: RequestHandler<IncomingMessage>
  readonly #server: WebSocketServer
  readonly #listening: BoundServer | undefined

  /**
   * `listening` is the server that requests come to. Default: the server that Node keeps at their sockets.
   */
  constructor(hub: TransportHub, options: UpgradeHandlerOptions, listening?: BoundServer) {
    requireWs()
    warnOnBun()
    checkCompression(options.compression)
    this.#hub = hub
    this.#listening = listening
    this.#requests = new RequestHandler(hub, options)
    this.#server = new WebSocketServer(serverOptions(hub, options.compression))
  }

  /** True when the hub has closed, so that its path is free for another hub. */
  get closed(): boolean {
    return this.#hub.closing
  }

  /** Equal for two handlers of the same paths; in sorted order, the more specific path comes first. */
  get shape(): string {
    return this.#requests.shape
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    checkSocket(socket, 'handleUpgrade(request, socket, head)')
    return this.take(request, socket, head) !== 'other'
  }

  /**
   * Handles an upgrade and returns the outcome: not for this hub, answered with an error, or a connection of
   * the hub.
   */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): 'other' | 'refused' | 'taken' {
    const decision = this.#requests.decideUpgrade(nodeRequest(request, { server: this.#listening }))
    const upgrade = { request, socket, head }
    if (isPromise(decision)) {
      ignoreErrors(socket)
      void decision.then((decided) => this.#decided(decided, upgrade))
      return 'taken'
    }
    if (decision.outcome === 'not-for-hub') return 'other'
    return this.#decided(decision, upgrade)
  }

  accept(socket: WsSocket, request: IncomingMessage): boolean {
    checkSocket(socket, 'accept(socket, request)')
    const asked = nodeRequest(request, { server: this.#listening })
    const decision = this.#requests.decideOpened(asked, socket.protocol)
    // The connection listens from now on, also while the application decides.
    const extra = { context: undefined as unknown, socket }
    const connection = new WsConnection({ ws: socket, raw: null, meter: meterOf(request.socket), extra })
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

  #decided(decision: Admitted | Refused, upgrade: Upgrade): 'refused' | 'taken' {
    const { socket } = upgrade
    if (decision.outcome === 'refused') {
      answerRefused(socket, decision.refusal)
      return 'refused'
    }
    const ws = this.#upgrade(upgrade)
    if (ws === null) return 'refused'
    const { handshake, context } = decision
    // With compression `ws` delays its writes, and frames must not overtake them.
    const raw = ws.extensions === '' ? socket : null
    const extra: NodeWsExtra = { context, socket: ws }
    this.#hub.accept(new WsConnection({ ws, raw, meter: meterOf(socket), extra }), handshake)
    return 'taken'
  }

  /** Hands an open socket to the hub. Returns `false` when it is closed instead. */
  #enter(
    connection: WsConnection,
    extra: { context: unknown; socket: WsSocket },
    decision: Admitted | Refused,
  ): boolean {
    if (decision.outcome === 'refused') closeRefused(connection, decision.refusal)
    else if (extra.socket.readyState !== open) connection.abort(new Error('the socket is not open'))
    else {
      extra.context = decision.context
      this.#hub.accept(connection, decision.handshake)
      return true
    }
    return false
  }

  /** Upgrades a request; `null` when `ws` found it wrong and answered it. */
  #upgrade({ request, socket, head }: Upgrade): WebSocket | null {
    const opened: WebSocket[] = []
    try {
      this.#server.handleUpgrade(request, socket, head, (ws) => opened.push(ws))
    } catch (error) {
      process.emitWarning(
        `unable to upgrade: ${String(error)}. Another 'upgrade' listener took the same request; let each answer its own path`,
        'ChatWarning',
      )
    }
    return opened[0] ?? null
  }
}

/** Options that the types of `ws` do not know yet. */
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
    // Without a common subprotocol the answer has no subprotocol, and no name that the client did not offer
    // (P-FR-8).
    handleProtocols: (offered) => [...offered].find((name) => subprotocols.includes(name)) ?? false,
  }
}

/** Messages do not share context, which would cost every idle connection its windows. */
function deflate({ threshold }: Compression): ServerOptions['perMessageDeflate'] {
  return {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    ...(threshold === undefined ? {} : { threshold }),
  }
}

/** Returns the socket as a meter of inbound bytes; `null` when it does not count them. */
function meterOf(socket: Duplex): InboundSocket | null {
  return 'bytesRead' in socket && typeof socket.bytesRead === 'number'
    ? (socket as Duplex & InboundSocket)
    : null
}

function checkSocket(socket: Pick<WsSocket, 'on'> | Duplex, usage: string): void {
  if (typeof socket?.on !== 'function' || 'headers' in socket)
    throw new UsageError(
      `unable to take the connection: the argument \`socket\` is ${describe(socket)}, not a socket; write \`${usage}\``,
    )
}
