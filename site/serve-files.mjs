// Serves the built site to the browser of the check: the server of VitePress compresses each answer anew, for seconds.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { root } from '../tooling/repository.mjs'

const site = join(root, 'docs', 'site')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** Starts the server on a free port. Resolves with its origin, and a function that ends it. */
export async function serveFiles(base) {
  const server = createServer(({ url }, response) => {
    const file = fileOf(decodeURIComponent(new URL(url, 'http://site').pathname).slice(base.length))
    if (file === undefined) return response.writeHead(404).end()
    const type = types[extname(file)] ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': type }).end(readFileSync(file))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { origin: `http://127.0.0.1:${server.address().port}${base}`, close }
}

/** Returns the file of a path without its ending; `undefined` when there is none. */
function fileOf(path) {
  const candidates = path === '' || path.endsWith('/') ? [`${path}index.html`] : [`${path}.html`, path]
  return candidates.map((candidate) => join(site, candidate)).find((file) => existsSync(file))
}
