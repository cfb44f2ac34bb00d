import type { BunFetch, BunServer, BunSocket, BunWebSocketHandler } from '@chat/bun'

/** A server of Bun, with the members that tests use. */
export interface RunningServer extends BunServer {
  readonly port: number
  /** Number of open WebSockets. */
  readonly pendingWebSockets: number
  /** Stops the server; with `true` it also closes its connections. */
  stop(closeActiveConnections?: boolean): Promise<void>
}

/** Members of Bun that tests use. */
export const { serve } = (globalThis as unknown as { Bun: { serve: Serve } }).Bun

type Serve = (options: {
  readonly port: number
  readonly hostname: string
  readonly fetch: (request: Request, server: BunServer) => ReturnType<BunFetch>
  readonly websocket: BunWebSocketHandler<BunSocket>
}) => RunningServer
