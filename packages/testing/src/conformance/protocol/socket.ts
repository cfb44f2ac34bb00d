/**
 * A WebSocket as the suite uses it. The sockets of browsers, Node, Bun, Deno and `ws` fit as they are; a
 * WebSocket that is still connecting may be handed over.
 */
export interface ProtocolSocket {
  /** Sends one message: text as a string, binary data as bytes. */
  send(transmission: string | Uint8Array): void
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void
  /** Ends the connection at once and without a closing handshake. Default: the suite closes with 4000. */
  terminate?(): void
  /** Stops reading from the network. Needed unless the harness lacks `pause`. */
  pause?(): void
  /** Reads on. */
  resume?(): void
  /** Listens to the begin of the connection, or to an error. */
  addEventListener(type: 'open' | 'error', listener: () => void): void
  /** Listens to messages. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  /** Listens to the end of the connection. */
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
}
