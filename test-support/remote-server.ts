import type { AdmissionOptions, Handshake, TransportHub } from '@chat/core/transport'
import { type LocalPeer, RecordingHub, type StartOptions } from '@chat/testing/conformance'
import { everydayHub } from './everyday-hub.ts'

/** The way in which a runtime serves its hubs. */
export interface Serving<Transport> {
  /** Creates the transport of a hub. */
  serve(hub: TransportHub, options: AdmissionOptions & { context: (request: Request) => unknown }): Transport
  /** Returns the number of bytes that wait for the client, by the `extra` of its connection. */
  buffered(extra: unknown): number
}

/** Origins that may connect to the hubs of {@link RemoteServer}. */
const origins = ['https://app.example']

/**
 * A server for tests in another process, in any runtime. It has benches of the conformance suite, which are
 * controlled over HTTP. It has hubs for the everyday cases at `/everyday/<any name>/:user`, each created on
 * the first request. All other paths answer with a page.
 */
export class RemoteServer<Transport> {
  readonly #serving: Serving<Transport>
  readonly #benches = new Map<string, { readonly host: RecordingHub; readonly transport: Transport }>()
  readonly #everyday = new Map<string, Transport>()
  #made = 0

  constructor(serving: Serving<Transport>) {
    this.#serving = serving
  }

  /** Returns the transport for a request; `null` when {@link RemoteServer.answer} is to answer it. */
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

  /** Answers `POST /control` with `[method, ...arguments]` as JSON, and all other requests with a page. */
  async answer(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/control') return new Response('page')
    const [method, ...args]: [keyof typeof this.methods, ...never[]] = await request.json()
    const run = this.methods[method] as (...args: unknown[]) => unknown
    return Response.json((await run(...args)) ?? null)
  }

  /** Methods of the control interface. */
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
