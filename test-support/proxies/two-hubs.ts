import { Hub, systemRuntime } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { TestServer } from '../test-server.ts'

/** A hub with its server, as the guide on deployment sets it up. */
export interface Served {
  readonly hub: Hub
  readonly server: TestServer
  /** Ends the hub as for a deploy: it drains, and its server goes. */
  readonly deploy: () => Promise<void>
}

/** Starts two hubs that share their logs and sessions, named `a` and `b`. They ping often. */
export async function startTwoHubs(heartbeat: number): Promise<[a: Served, b: Served]> {
  const store = new MemoryStore(systemRuntime)
  return [await serve('a', store, heartbeat), await serve('b', store, heartbeat)]
}

async function serve(route: string, store: MemoryStore, heartbeat: number): Promise<Served> {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    backplane: new MemoryBackplane(store),
    timeouts: { heartbeat },
  })
  const options = { path: '/chat', trustProxy: 1 }
  const handle = nodeHttpHandler(hub, { ...options, route, heartbeat })
  const server = await TestServer.start((request, response) => {
    if (!handle(request, response)) response.writeHead(404).end()
  })
  attach(hub, server.server, options)
  const deploy = async (): Promise<void> => {
    await hub.close({ deadline: 1_500 })
    await server.stop()
  }
  return { hub, server, deploy }
}
