import type { Runtime } from '@chat/core'

/** What is needed of `sessionStorage`. */
export type SessionMemory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** How a page reaches its hub. Durations in milliseconds. */
export interface WayOptions {
  /**
   * `auto`: WebSocket, and HTTP where that is blocked. `websocket` or `http`: nothing else. Over HTTP the hub is at the same URL, by a handler of `@chat/http`.
   * Default: `auto`.
   */
  readonly transport?: 'auto' | 'websocket' | 'http'
  /** How long a WebSocket may take to open before HTTP is tried: some proxies swallow what they do not know. Default: 4 000. */
  readonly webSocketTimeout?: number
  /**
   * How long after HTTP had to be taken WebSocket is tried again, also while the client is connected: it moves when one opens. Doubles with each time in vain,
   * up to 32 times as much. Where a WebSocket has worked before it begins with a 32nd: then it was an outage, by all odds, and HTTP came back first. Default: 60 000.
   */
  readonly retryWebSocket?: number
  /**
   * Where to remember that WebSocket is blocked, so that the session's next page does not have to find out. One that throws is done without. Default: `sessionStorage`, where there is one;
   * `null`: nowhere.
   */
  readonly memory?: SessionMemory | null
  /** Clock and timers. Default: the platform's. For tests. */
  readonly runtime?: Runtime
}
