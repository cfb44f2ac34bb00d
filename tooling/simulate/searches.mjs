// Bundles the simulator's searches from the sources, and runs them. A mutant changes a line of the bundle,
// never a file on disk.
import { join } from 'node:path'
import { build } from 'esbuild'
import { execa } from 'execa'
import { seconds } from '../processes.mjs'

/** Bundles the searches. `changed` returns another source for a path, or `null`. */
export async function bundle(folder, name = 'whole', changed = () => null) {
  const outfile = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`)
  const plugin = {
    name: 'changed',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = changed(path)
        return contents === null ? undefined : { contents, loader: 'ts' }
      })
    },
  }
  await build({
    entryPoints: ['packages/testing/scenarios/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    outfile,
    logLevel: 'error',
    plugins: [plugin],
  })
  return outfile
}

/**
 * Runs a script to its end, or until it prints nothing for `patience` milliseconds. Calls `heard` with its
 * output.
 */
export async function run(file, args, { heard = () => {}, patience = 0, env = {} } = {}) {
  const start = performance.now()
  const options = { stdin: 'ignore', all: true, reject: false, env: { NO_COLOR: '1', ...env } }
  const child = execa(process.execPath, [file, ...args], options)
  const timer = patience > 0 ? setTimeout(() => child.kill('SIGKILL'), patience) : undefined
  child.all.on('data', (chunk) => {
    // A run that makes progress may take long on a busy machine.
    timer?.refresh()
    heard(String(chunk))
  })
  const { exitCode = null, all } = await child
  clearTimeout(timer)
  return { status: exitCode, output: all, seconds: seconds(start) }
}
