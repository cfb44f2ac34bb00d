// Servers with a function from Request to Response, without the types of Bun, Deno or workers: the parameters
// and results are structural types.
import { bunHandler } from '@chat/bun'
import { Hub } from '@chat/core'
import { webSocketHandler } from '@chat/web-socket'

declare const Bun: { serve(options: object): { stop(): Promise<void> } }
declare const Deno: { serve(fetch: (request: Request) => Response | Promise<Response>): unknown }

const fetch = (): Response => new Response('hello')
const chat = bunHandler(new Hub(), { path: '/chat', fetch })
await Bun.serve({ port: 3000, fetch: chat.fetch, websocket: chat.websocket }).stop()
Deno.serve(webSocketHandler(new Hub(), { path: '/chat', fetch }).fetch)
