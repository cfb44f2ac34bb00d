/**
 * Part of a server's end of a WebSocket that a connection uses: the sockets of Deno and of a `WebSocketPair`
 * fit as they are.
 */
export interface ServerWebSocket {
  /** 0 while the socket connects, 1 while it is open. */
  readonly readyState: number
  /** Subprotocol of the upgrade, where the platform knows it. */
  readonly protocol?: string | null | undefined
  /** Bytes that wait in this process, where the platform counts them. */
  readonly bufferedAmount?: number | undefined
  /** Type in which binary messages arrive. */
  binaryType?: string | undefined
  /** Sends a text message. */
  send(text: string): void
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void
  /** Listens to messages. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  /** Listens to the end. */
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
  /** Listens to the opening, or to the error that breaks the connection. */
  addEventListener(type: 'open' | 'error', listener: () => void): void
}

/** Result of an upgrade: the server's end of the socket, and the response that the platform waits for. */
export interface Upgraded {
  /** The server's end; it may still be connecting. */
  readonly socket: ServerWebSocket
  /** Response that `fetch` has to return. */
  readonly response: Response
}

/** Function that upgrades a request, such as `Deno.upgradeWebSocket`. */
export type Upgrade = (request: Request, options: { readonly idleTimeout: number }) => Upgraded

/** `readyState` of a socket that connects. */
export const connecting = 0
/** `readyState` of a socket that takes data. */
export const open = 1
