import { ChatError, type Connection, type Dialer, UsageError } from '@chat/core'
import { BrowserConnection, discard } from './connection.ts'
import { socketUrl, withoutSecrets } from './url.ts'

/**
 * Reaches a hub over the browser's WebSocket, for a `Client` of your own making; {@link connect} makes one. The dialer rejects with a `ChatError` `unavailable`
 * when there is no connection: a browser does not say why.
 *
 * @throws UsageError when no hub can be at this URL, or there is no WebSocket here.
 */
export function dial(url: string | URL): Dialer {
  const target = socketUrl(url)
  if (typeof WebSocket === 'undefined')
    throw new UsageError(
      'unable to connect: there is no WebSocket here; @chat/browser is for pages and workers, on Node use `dial` of @chat/node-ws',
    )
  return ({ protocols, signal }) =>
    new Promise<Connection>((resolve, reject) => {
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
        const hub = withoutSecrets(target.href)
        reject(new ChatError('unavailable', `unable to connect to ${hub}: the browser closed with ${code}`))
      }
    })
}
