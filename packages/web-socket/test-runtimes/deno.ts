/** Members of Deno that tests use. */
export const { serve } = (globalThis as unknown as { Deno: { serve: Serve } }).Deno

type Serve = (
  options: { readonly port: number; readonly hostname: string; onListen(): void },
  fetch: (request: Request, info: { readonly remoteAddr: unknown }) => Response | Promise<Response>,
) => { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
