import { UsageError } from '@chat/core'
import { type Admitted, describe, type TransportHub } from '@chat/core/transport'
import type { BunSocket, BunWebSocketHandler } from './bun.ts'
import { BunConnection } from './connection.ts'
import type { BunExtra } from './options.ts'

/** Facts about a request that Bun has upgraded, kept as the socket's data until it opens. */
export class UpgradedRequest {
  readonly #hub: TransportHub
  readonly #admitted: Admitted
  readonly #protocol: string

  constructor(hub: TransportHub, admitted: Admitted, protocol: string) {
    this.#hub = hub
    this.#admitted = admitted
    this.#protocol = protocol
  }

  /**
   * Hands the open socket to the hub. The socket's data is set first, because the hub may close the socket in
   * this call, and Bun reports that at once.
   */
  open(socket: BunSocket): void {
    const { handshake, context } = this.#admitted
    const extra: BunExtra = { context, socket }
    const connection = new BunConnection(socket, this.#protocol, extra)
    socket.data = connection
    this.#hub.accept(connection, handshake)
  }
}

/**
 * Makes the handler of all sockets of a server: the hub's sockets have their connection as data, and every
 * other socket belongs to the application.
 */
export function socketHandler(
  hub: TransportHub,
  application: BunWebSocketHandler | undefined,
): BunWebSocketHandler<BunSocket> {
  // The application's handler gets only sockets that the application upgraded itself.
  const other = application as BunWebSocketHandler<BunSocket> | undefined
  return {
    ...(other ?? settingsFor(hub)),
    open(socket) {
      const { data } = socket
      return data instanceof UpgradedRequest ? data.open(socket) : other?.open?.(socket)
    },
    message(socket, message) {
      const { data } = socket
      return data instanceof BunConnection ? data.onMessage(message) : other?.message?.(socket, message)
    },
    drain(socket) {
      const { data } = socket
      return data instanceof BunConnection ? data.onDrain() : other?.drain?.(socket)
    },
    close(socket, code, reason) {
      const { data } = socket
      return data instanceof BunConnection ? data.onClose(code, reason) : other?.close?.(socket, code, reason)
    },
    ping(socket, bytes) {
      const { data } = socket
      return data instanceof BunConnection ? data.onPing() : other?.ping?.(socket, bytes)
    },
    pong(socket, bytes) {
      const { data } = socket
      return data instanceof BunConnection ? data.onPing() : other?.pong?.(socket, bytes)
    },
  }
}

/**
 * The hub itself bounds the bytes that wait for a slow reader, and its heartbeat finds silent peers. Messages
 * are not compressed.
 */
function settingsFor({ limits }: TransportHub): object {
  return {
    maxPayloadLength: limits.transmission,
    backpressureLimit: 0,
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
  }
}

/** Bun's default of `maxPayloadLength` and of `backpressureLimit`: 16 MiB. */
const bunDefault = 16 * 1024 * 1024

/**
 * Checks that an application's settings are no lower than the hub's limits: lower settings would break the
 * connections of clients that send large messages, or read slowly.
 *
 * @throws UsageError
 */
export function checkSettings({ limits }: TransportHub, application: BunWebSocketHandler | undefined): void {
  if (application === undefined) return
  if (typeof application !== 'object' || application === null || Array.isArray(application))
    throw new UsageError(
      `unable to serve the hub: the option 'websocket' is ${describe(application)}; give the handlers of your sockets`,
    )
  const { maxPayloadLength = bunDefault, backpressureLimit = bunDefault } = application
  if (maxPayloadLength < limits.transmission)
    throw new UsageError(
      `unable to serve the hub: the option 'websocket.maxPayloadLength' is ${maxPayloadLength} bytes, and clients of the hub may send ${limits.transmission}; raise it, or lower the option 'limits.transmission' of the hub`,
    )
  // 0 means no limit.
  if (backpressureLimit !== 0 && backpressureLimit < limits.queue)
    throw new UsageError(
      `unable to serve the hub: the option 'websocket.backpressureLimit' is ${backpressureLimit} bytes, above which Bun drops messages, and up to ${limits.queue} may wait for a client of the hub; raise it, or lower the option 'limits.queue' of the hub`,
    )
}
