import type { Runtime } from '@chat/core'
import { duration, type OptionRules } from '@chat/core/transport'

/** Methods of `sessionStorage` that the client uses. */
export type SessionMemory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Options of {@link dial}. */
export interface BrowserDialOptions {
  /**
   * Transport to the hub. `auto` uses WebSocket, and HTTP where WebSocket is blocked; `websocket` and `http`
   * use one transport only. The hub's HTTP handler, from `@chat/http`, has the same URL. Default: `auto`.
   */
  readonly transport?: 'auto' | 'websocket' | 'http' | undefined
  /**
   * Maximum time until a WebSocket opens before the client tries HTTP, in milliseconds: some proxies drop
   * WebSockets silently. Default: 4 000.
   */
  readonly webSocketTimeout?: number | undefined
  /**
   * Time after which a client that had to use HTTP tries WebSocket again, in milliseconds. It tries also
   * while it is connected, and moves when the WebSocket opens. Each failure doubles the time, up to 32 times
   * the option. Where a WebSocket has worked before, the first time is a 32nd of the option: then an outage
   * is likely, after which HTTP was back first. Default: 60 000.
   */
  readonly retryWebSocket?: number | undefined
  /**
   * Storage that remembers a blocked WebSocket, so that the next page of the session starts with HTTP. A
   * storage that throws is ignored. Default: `sessionStorage` where it exists; `null` for none.
   */
  readonly memory?: SessionMemory | null | undefined
  /** Clock and timers. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

export const dialRules: OptionRules<BrowserDialOptions> = {
  transport: [
    'auto, websocket or http',
    (value) => value === 'auto' || value === 'websocket' || value === 'http',
  ],
  webSocketTimeout: duration,
  retryWebSocket: duration,
  memory: null,
  runtime: null,
}
