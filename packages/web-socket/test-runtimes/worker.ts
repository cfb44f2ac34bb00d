// Server for tests in other processes, in a Durable Object of workerd. `POST /suite` runs the conformance
// suite over pairs of sockets in the object.
import type { Connection, TransportCapabilities } from '@chat/core/transport'
import {
  RecordingHub,
  type StartOptions,
  type TransportBench,
  transportCases,
} from '@chat/testing/conformance'
import { webSocketHandler } from '@chat/web-socket'
import { RemoteServer } from '../../../test-support/remote-server.ts'
import { reportCases } from '../../../test-support/report-cases.ts'
import { WebSocketConnection } from '../src/connection.ts'
import type { ServerWebSocket, WebSocketExtra } from '../src/index.ts'

const capabilities: TransportCapabilities = {
  name: 'web-socket',
  backpressure: false,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}

/** The second socket of a pair, in the response to an upgrade. */
interface Answer extends Response {
  readonly webSocket?: (ServerWebSocket & { accept(): void }) | null
}

/** A bench whose connections stay in the process. */
async function start(options: StartOptions): Promise<TransportBench> {
  const host = new RecordingHub(options)
  const chat = webSocketHandler(host, { path: '/chat', remoteAddress: () => 'here' })
  return {
    async dial({ protocols, signal }): Promise<Connection> {
      const headers: Record<string, string> = { upgrade: 'websocket' }
      if (protocols.length > 0) headers['sec-websocket-protocol'] = protocols.join(', ')
      const later = new Promise((resolve) => setTimeout(resolve))
      if (!(signal as unknown as { aborted: boolean }).aborted) await later
      ;(signal as unknown as { throwIfAborted(): void }).throwIfAborted()
      const answer: Answer = await chat.fetch(new Request('http://here/chat', { headers }))
      const socket = answer.webSocket
      if (socket === undefined || socket === null) throw new Error(`answered ${answer.status}`)
      socket.accept()
      const protocol = answer.headers.get('sec-websocket-protocol') ?? ''
      return new WebSocketConnection({ socket, protocol, backpressure: false, extra: { socket } })
    },
    accepted: () => host.next(),
    open: async () => host.open,
    async stop() {},
  }
}

async function suite(): Promise<Response> {
  const lines: string[] = []
  const cases = transportCases({
    name: 'web-socket',
    capabilities: { client: capabilities, server: capabilities },
    lacks: {
      nowhere: 'both ends are in the process',
      cut: 'both ends are in the process',
    },
    start,
  })
  await reportCases('web-socket, both ends of a WebSocketPair', cases, { print: (line) => lines.push(line) })
  return new Response(lines.join('\n'))
}

/**
 * A single object has all state: workerd allows operations on a socket only in the object that created it.
 */
export class Server {
  readonly #remote = new RemoteServer({
    serve: (hub, options) => webSocketHandler(hub, { ...options, remoteAddress: () => 'peer' }),
    buffered: (extra) => (extra as WebSocketExtra).socket.bufferedAmount ?? 0,
  })

  fetch(request: Request): Response | Promise<Response> {
    if (new URL(request.url).pathname === '/suite') return suite()
    const transport = this.#remote.route(request)
    return transport === null ? this.#remote.answer(request) : transport.fetch(request)
  }
}

interface Bindings {
  readonly server: {
    idFromName(name: string): unknown
    get(id: unknown): { fetch(request: Request): Response }
  }
}

export default {
  fetch: (request: Request, { server }: Bindings) => server.get(server.idFromName('one')).fetch(request),
}
