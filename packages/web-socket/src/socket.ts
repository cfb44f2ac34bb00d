/** What is needed of a server's end of a WebSocket: Deno's and those of a `WebSocketPair` fit as they are. */
export interface ServerWebSocket {
  /** 0 while it connects, 1 while it is open. */
  readonly readyState: number
  /** The subprotocol of the upgrade, where the platform knows it. */
  readonly protocol?: string | null | undefined
  /** Bytes that wait in this process, where the platform counts them. */
  readonly bufferedAmount?: number | undefined
  /** How binary messages arrive. */
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
  /** Listens to what the end is preceded by, or to what breaks it. */
  addEventListener(type: 'open' | 'error', listener: () => void): void
}

/** A request that was upgraded: the server's end, and the answer that the platform waits for. */
export interface Upgraded {
  /** The server's end; it may still be connecting. */
  readonly socket: ServerWebSocket
  /** What `fetch` has to answer. */
  readonly response: Response
}

/** Upgrades a request. `Deno.upgradeWebSocket` is one. */
export type Upgrade = (request: Request, options: { readonly idleTimeout: number }) => Upgraded

/** The states of a socket that are looked at. */
export const connecting = 0
/** The state in which a socket takes data. */
export const open = 1
