import type { Dialer, TransportCapabilities } from '@chat/core/transport'
import type { AcceptedPeer, Peer, TransportBench, TransportHarness } from '@chat/testing/conformance'
import { FaultProxy } from './fault-proxy.ts'
import type { RemoteServer } from './remote-server.ts'

type Methods = RemoteServer<unknown>['methods']

/** A server in another process, and the way to reach it. */
export interface RemoteEnd {
  readonly name: string
  readonly port: number
  readonly capabilities: TransportHarness['capabilities']
  /** Dials a `ws:` URL. */
  readonly dial: (url: string) => Dialer
}

/**
 * Harness of the conformance suite over a {@link RemoteServer} in another process. A proxy in front of the
 * server can reset open connections.
 */
export function remoteHarness({ name, port, capabilities, dial }: RemoteEnd): TransportHarness {
  const ask = asker(`http://127.0.0.1:${port}/control`)
  return {
    name,
    capabilities,
    lacks: { 'local server': 'the server is in a process of its own' },
    async start(options): Promise<TransportBench> {
      const [path, proxy] = await Promise.all([ask('start', options), FaultProxy.start(port)])
      return {
        dial: dial(`ws://127.0.0.1:${proxy.port}${path}`),
        nowhere: dial('ws://127.0.0.1:1/'),
        async accepted(): Promise<AcceptedPeer> {
          const { end, handshake } = await ask('accepted', path)
          return { peer: remotePeer(ask, path, end), handshake }
        },
        open: () => ask('open', path),
        cut: async () => proxy.reset(),
        async stop() {
          await proxy.close()
          await ask('stop', path)
        },
      }
    },
  }
}

type Ask = ReturnType<typeof asker>

function asker(url: string) {
  return async <M extends keyof Methods>(
    method: M,
    ...args: Parameters<Methods[M]>
  ): Promise<Awaited<ReturnType<Methods[M]>>> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify([method, ...args]) })
    if (!response.ok) throw new Error(`unable to ${method}: ${await response.text()}`)
    return (await response.json()) as Awaited<ReturnType<Methods[M]>>
  }
}

/** Peer on the remote server. It carries out requests in their order. */
function remotePeer(ask: Ask, path: string, end: number): Peer {
  let before: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = before.then(run)
    before = mine.catch(() => {})
    return mine
  }
  return {
    send: (texts) => inTurn(() => ask('send', path, end, texts)),
    close: (code, reason) => inTurn(() => ask('close', path, end, code, reason)),
    abort: () => inTurn(() => ask('abort', path, end)),
    pause: () => inTurn(() => ask('pause', path, end)),
    resume: () => inTurn(() => ask('resume', path, end)),
    events: (from) => inTurn(() => ask('events', path, end, from)),
    status: () => inTurn(() => ask('status', path, end)),
  }
}

/** Capabilities of a transport that does everything a WebSocket can. */
export const everything = (name: string): TransportCapabilities => ({
  name,
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
})
