import { Hub, type HubOptions, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import type { Dialer } from '@chat/core/transport'

/** Starts a hub in memory, in real time. The token is the user's name; an empty token and `no name` are refused. */
export function memoryHub(options: HubOptions = {}): { readonly hub: Hub; readonly dial: Dialer } {
  const hub = new Hub({
    authenticate: ({ token }) =>
      token === null || token === '' || token === 'no name' ? null : { id: token },
    authorize: ({ address }) => address !== '#staff',
    presence: {},
    clientStreams: ['dictation'],
    ...options,
  })
  hub.handle('pending', (_, { signal }) => {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', hub)
  return { hub, dial: network.dialer('hub') }
}
