import type { AdmissionOptions, Handshake, TransportHub } from '@chat/core/transport'
import type { LocalPeer, StartOptions } from '@chat/testing/conformance'
import { everydayHub } from './everyday-hub.ts'
import { RecordingHub } from './recording-hub.ts'

/** How a runtime serves its hubs. */
export interface Serving<Transport> {
  /** Makes the transport of a hub. */
  serve(hub: TransportHub, options: AdmissionOptions & { context: (request: Request) => unknown }): Transport
  /** How many bytes wait for the client, by the `extra` of its connection. */
  buffered(extra: unknown): number
}

/** The origin that may connect to {@link RemoteServer}'s hubs. */
const origins = ['https://app.example']

/**
 * A server for tests in another process, in any runtime. It has benches of the conformance suite, which are controlled over HTTP; hubs for everyday talk at
 * `/everyday/<any name>/:user`, each made when it is first asked for; and a page everywhere else.
 */
export class RemoteServer<Transport> {
  readonly #serving: Serving<Transport>
  readonly #benches = new Map<string, { readonly host: RecordingHub; readonly transport: Transport }>()
  readonly #everyday = new Map<string, Transport>()
  #made = 0

  constructor(serving: Serving<Transport>) {
    this.#serving = serving
  }

  /** The transport that a request is for; `null` when {@link RemoteServer.answer} is to be asked. */
  route(request: Request): Transport | null {
    const { pathname } = new URL(request.url)
    const bench = this.#benches.get(pathname)
    if (bench !== undefined) return bench.transport
    const [, everyday, name] = pathname.split('/')
    if (everyday !== 'everyday' || name === undefined) return null
    const known = this.#everyday.get(name)
    if (known !== undefined) return known
    const made = this.#serving.serve(
      everydayHub((extra) => this.#serving.buffered(extra)),
      { path: `/everyday/${name}/:user`, origins, context: ({ method }) => method },
    )
    this.#everyday.set(name, made)
    return made
  }

  /** Answers `POST /control` with `[method, ...arguments]` as JSON, and everything else with a page. */
  async answer(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/control') return new Response('page')
    const [method, ...args]: [keyof typeof this.methods, ...never[]] = await request.json()
    const run = this.methods[method] as (...args: unknown[]) => unknown
    return Response.json((await run(...args)) ?? null)
  }

  /** What the suite can ask for. */
  readonly methods = {
    start: (options: StartOptions): string => {
      const path = `/bench/${++this.#made}`
      const host = new RecordingHub(options)
      const transport = this.#serving.serve(host, { path, context: () => undefined })
      this.#benches.set(path, { host, transport })
      return path
    },
    accepted: async (path: string): Promise<{ end: number; handshake: Handshake }> => {
      const host = this.#host(path)
      const { peer, handshake } = await host.next()
      return { end: host.peers.indexOf(peer as LocalPeer), handshake }
    },
    open: (path: string) => this.#host(path).open,
    send: (path: string, end: number, texts: readonly string[]) => this.#peer(path, end).send(texts),
    close: (path: string, end: number, code: number, reason: string) =>
      this.#peer(path, end).close(code, reason),
    abort: (path: string, end: number) => this.#peer(path, end).abort(),
    pause: (path: string, end: number) => this.#peer(path, end).pause(),
    resume: (path: string, end: number) => this.#peer(path, end).resume(),
    events: (path: string, end: number, from: number) => this.#peer(path, end).events(from),
    status: (path: string, end: number) => this.#peer(path, end).status(),
    stop: (path: string): void => {
      for (const { connection } of this.#host(path).peers) connection.abort(new Error('the case is over'))
      this.#benches.delete(path)
    },
  }

  #host(path: string): RecordingHub {
    const bench = this.#benches.get(path)
    if (bench === undefined) throw new Error(`there is no bench ${path}`)
    return bench.host
  }

  #peer(path: string, end: number): LocalPeer {
    const peer = this.#host(path).peers[end]
    if (peer === undefined) throw new Error(`there is no end ${end} at ${path}`)
    return peer
  }
}
