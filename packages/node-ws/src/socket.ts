import type { Buffer } from 'node:buffer'

/**
 * Part of a WebSocket of `ws` that a connection uses. Structural, so that a host may bring its own copy: the
 * class of `ws` fits, and so do the sockets of Fastify, NestJS and Hono on Node.
 */
export interface WsSocket {
  /** 1 while the socket is open. */
  readonly readyState: number
  /** Subprotocol of the upgrade; empty without a common subprotocol. */
  readonly protocol: string
  /** Extensions of the upgrade; empty without any. */
  readonly extensions: string
  /** Bytes that wait in this process. */
  readonly bufferedAmount: number
  /** Type in which binary messages arrive. */
  binaryType: string
  /** Sends one frame of a message; `done` runs when the operating system has it. */
  send(
    data: Uint8Array,
    options: { binary: boolean; fin: boolean },
    done: (error?: Error | null) => void,
  ): void
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void
  /** Destroys the socket. */
  terminate(): void
  /** Stops reading. */
  pause(): void
  /** Continues reading. */
  resume(): void
  /** Listens to messages: their bytes, and whether they are binary. */
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  /** Listens to the end: code and reason of the peer's close frame, or 1006. */
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown
  /** Listens to the error that breaks the connection; `close` follows. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Listens to WebSocket's own pings and pongs. */
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): unknown
}

/** `readyState` of a socket that takes data. */
export const open = 1
