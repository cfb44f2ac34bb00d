import { UsageError } from '@chat/core'
import type { ServerWebSocket, Upgrade } from './socket.ts'

/** Functions of the platform that upgrade a request. */
interface Platform {
  readonly Deno?: { readonly upgradeWebSocket?: Upgrade }
  readonly WebSocketPair?: new () => { readonly 0: unknown; readonly 1: ServerWebSocket & { accept(): void } }
}

const platform = globalThis as Platform

/** True if the platform's sockets are known to count the bytes that they have not written. */
export function platformCountsBytes(): boolean {
  return platform.Deno !== undefined
}

/**
 * Returns the platform's own function that upgrades a request.
 *
 * @throws UsageError when the platform has no such function.
 */
export function platformUpgrade(): Upgrade {
  const { Deno, WebSocketPair } = platform
  if (Deno?.upgradeWebSocket !== undefined) return Deno.upgradeWebSocket
  if (WebSocketPair !== undefined) return upgradeWithPair
  throw new UsageError(
    'unable to upgrade requests here: this is neither Deno nor a runtime with WebSocketPair; give the option `upgrade`, or use @chat/node-ws on Node and @chat/bun on Bun',
  )
}

/** Makes a pair of sockets: the first goes with the response, the second stays here. */
const upgradeWithPair: Upgrade = () => {
  const { WebSocketPair } = platform
  if (WebSocketPair === undefined) throw new UsageError('unable to upgrade: there is no WebSocketPair here')
  const pair = new WebSocketPair()
  pair[1].accept()
  const init = { status: 101, webSocket: pair[0] }
  return { socket: pair[1], response: new Response(null, init) }
}
