import type { Buffer } from 'node:buffer'

/**
 * What is needed of a WebSocket of `ws`, so that a host may bring its own copy: `ws`'s class, and what
 * Fastify, NestJS and Hono hand out on Node, fit as they are.
 */
export interface WsSocket {
  /** 1 while it is open. */
  readonly readyState: number
  /** The subprotocol of the upgrade; empty when there is none. */
  readonly protocol: string
  /** The extensions of the upgrade; empty when there are none. */
  readonly extensions: string
  /** Bytes that wait in this process. */
  readonly bufferedAmount: number
  /** How binary messages arrive. */
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
  /** Reads on. */
  resume(): void
  /** Listens to messages: the bytes, and whether they are binary. */
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  /** Listens to the end: the code and reason of the peer's close frame, or 1006. */
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown
  /** Listens to what breaks the connection; `close` follows. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Listens to WebSocket's own signs of life. */
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): unknown
}

/** The state in which a socket of `ws` takes data. */
export const open = 1
