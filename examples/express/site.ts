import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type NextFunction, type Request, type Response, Router, static as serveFiles } from 'express'

const page = fileURLToPath(new URL('page', import.meta.url))

/** Allows scripts, styles and the hub's WebSocket only from this server: no other host, no inline code. */
const policy = [
  "default-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Serves the page, and bundles its script at start. */
export async function site(): Promise<Router> {
  const script = await bundle()
  return Router()
    .use(secure)
    .get('/main.js', (_request, response) => void response.type('js').send(script))
    .get(['/', '/style.css', '/icon.svg'], serveFiles(page))
}

function secure(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  next()
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${page}/main.ts`],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: 'inline',
    // Takes the packages' sources, so that nothing has to be built before. With published packages it changes
    // nothing.
    conditions: ['@chat/source'],
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
