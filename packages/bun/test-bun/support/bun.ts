import type { BunFetch, BunServer, BunSocket, BunWebSocketHandler } from '@chat/bun'

/** A server of Bun, as tests use it. */
export interface RunningServer extends BunServer {
  readonly port: number
  /** How many of its WebSockets are open. */
  readonly pendingWebSockets: number
  /** Ends it; with `true` its connections, too. */
  stop(closeActiveConnections?: boolean): Promise<void>
}

/** What tests use of Bun. */
export const { serve } = (globalThis as unknown as { Bun: { serve: Serve } }).Bun

type Serve = (options: {
  readonly port: number
  readonly hostname: string
  readonly fetch: (request: Request, server: BunServer) => ReturnType<BunFetch>
  readonly websocket: BunWebSocketHandler<BunSocket>
}) => RunningServer
