import { UsageError } from '@chat/core'
import { type DialOptions, unreachableError } from '@chat/core/transport'
import { BrowserConnection, discard } from './connection.ts'

/**
 * Returns a dialer over the browser's WebSocket.
 *
 * @throws UsageError when WebSocket does not exist here.
 */
export function webSocketDialer(target: URL): (options: DialOptions) => Promise<BrowserConnection> {
  if (typeof WebSocket === 'undefined')
    throw new UsageError(
      'unable to connect: there is no WebSocket here; on Node use `connect` of @chat/node-ws',
    )
  return ({ protocols, signal }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const socket = new WebSocket(target, [...protocols])
      const giveUp = (): void => {
        discard(socket)
        reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      socket.onopen = () => {
        signal.removeEventListener('abort', giveUp)
        resolve(new BrowserConnection(socket))
      }
      socket.onclose = ({ code }) => {
        signal.removeEventListener('abort', giveUp)
        reject(unreachableError(target, `the browser closed with ${code}`))
      }
    })
}
