/** A server of the current runtime, with the members that tests use. */
export interface RunningServer {
  readonly port: number
  stop(): Promise<unknown>
}

type Answer = (request: Request, remoteAddress: string) => Promise<Response>

interface Bun {
  serve(options: {
    readonly port: number
    readonly hostname: string
    fetch(
      request: Request,
      server: { requestIP(request: Request): { address: string } | null },
    ): Promise<Response>
  }): { readonly port: number; stop(close: boolean): Promise<void> }
}

interface Deno {
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(): void },
    fetch: (request: Request, info: { readonly remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
}

const { Bun, Deno } = globalThis as { readonly Bun?: Bun; readonly Deno?: Deno }

/** Name of the runtime. */
export const runtime: string = Bun === undefined ? 'Deno' : 'Bun'

/** Listens on a free port of 127.0.0.1. */
export function serve(answer: Answer): RunningServer {
  const listen = { port: 0, hostname: '127.0.0.1' }
  if (Bun !== undefined) {
    const server = Bun.serve({
      ...listen,
      fetch: (request, own) => answer(request, own.requestIP(request)?.address ?? ''),
    })
    return { port: server.port, stop: () => server.stop(true) }
  }
  if (Deno === undefined) throw new Error('this is neither Bun nor Deno')
  const server = Deno.serve({ ...listen, onListen() {} }, (request, { remoteAddr }) =>
    answer(request, remoteAddr.hostname),
  )
  return { port: server.addr.port, stop: () => server.shutdown() }
}
