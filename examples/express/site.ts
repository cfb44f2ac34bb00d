import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { static as files, type NextFunction, type Request, type Response, Router } from 'express'

const page = fileURLToPath(new URL('page', import.meta.url))

/** Allows scripts, styles, frames and the hub's WebSocket only from this server: no other host, no inline code. */
const policy = ['default-src', 'connect-src', 'form-action', 'frame-ancestors']
  .map((directive) => `${directive} 'self'`)
  .concat("object-src 'none'", "base-uri 'none'")
  .join('; ')

/** Serves the pages, and bundles their scripts at start. */
export function site(): Router {
  const scripts = { '/main.js': bundle('page/main.ts'), '/client.js': bundle('client.ts') }
  const router = Router().use(secure)
  for (const [path, script] of Object.entries(scripts))
    router.get(path, async (_request, response) => void response.type('js').send(await script))
  return router.get(['/', '/client.html', '/style.css', '/icon.svg'], files(page))
}

function secure(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  next()
}

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
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
