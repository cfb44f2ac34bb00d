import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { median, spread } from '../run/statistics.mjs'
import { pages } from './pages.mjs'

const rounds = 15
/** Turns of a round; the fastest counts, because the others were interrupted. */
const evaluations = 8
const baseline = 'socket-io'

/**
 * Bundles the pages, and evaluates them in new contexts of V8, by turns. Returns for each page its size, minified and
 * compressed, in bytes, its evaluation in milliseconds, and the ratio of the evaluation to socket.io-client's.
 */
export async function measurePages() {
  const scripts = await Promise.all(pages.map((page) => bundle(page, 'iife')))
  const modules = await Promise.all(pages.map((page) => bundle(page, 'esm')))
  const rows = Array.from({ length: rounds }, () => evaluateByTurns(scripts))
  const compared = pages.findIndex(({ name }) => name === baseline)
  return pages.map(({ name }, i) => ({
    name,
    minified: modules[i].length,
    brotli: brotliCompressSync(modules[i]).length,
    evaluation: median(rows.map((times) => times[i])),
    ratio: spread(rows.map((times) => times[i] / times[compared])),
  }))
}

async function bundle({ module, names = '*' }, format) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${names} from '${module}'`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format,
    globalName: format === 'iife' ? 'page' : undefined,
    platform: 'browser',
    conditions: ['@chat/source'],
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0].text
}

/** The milliseconds to evaluate each script. A disturbance of one turn meets all of them. */
function evaluateByTurns(scripts) {
  const turns = Array.from({ length: evaluations }, () => scripts.map(evaluate))
  return scripts.map((_, i) => Math.min(...turns.map((times) => times[i])))
}

let evaluated = 0

/**
 * Milliseconds to compile and run a script. V8 keeps compiled code by its text, so each text is new. They differ at
 * their beginning, because V8 compares a text with all that it keeps of the same length.
 */
function evaluate(code) {
  const context = createContext(globalsOfPage())
  const text = `//${++evaluated}\n${code}`
  const start = performance.now()
  new Script(text).runInContext(context)
  return performance.now() - start
}

/** The globals that bundles look for when they are evaluated. */
function globalsOfPage() {
  const { setTimeout, clearTimeout, URL, TextEncoder, TextDecoder, EventTarget, Event, AbortController } =
    globalThis
  class WebSocket {}
  const page = { WebSocket, setTimeout, clearTimeout, URL, TextEncoder, TextDecoder, EventTarget, Event }
  return Object.assign(page, {
    AbortController,
    console,
    self: page,
    window: page,
    navigator: { userAgent: '' },
  })
}
