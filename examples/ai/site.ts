import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('page/', import.meta.url))

/** Bundles the page, and returns the listener that serves it. */
export async function site(): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8')
  const files = new Map([
    ['/', ['text/html; charset=utf-8', read('index.html')]],
    ['/style.css', ['text/css', read('style.css')]],
    ['/main.js', ['text/javascript', await bundle()]],
  ])
  return (request, response) => {
    const [type, body] = files.get(request.url ?? '') ?? []
    if (type === undefined) return void response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': type, 'content-security-policy': "default-src 'self'" })
      .end(body)
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}main.ts`],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // Takes the packages' sources, so that nothing has to be built before.
    conditions: ['@chat/source'],
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
