// Bundles the simulator's searches, and runs them. The sources are bundled, so that a mutant is a changed line in the bundle and never one on disk.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Bundles the searches; `changed` gives another source for a path, or `null`. */
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

/** Runs a script to its end, or until it has said nothing for too long; what it says on the way goes to `heard`. */
export function run(file, args, { heard = () => {}, patience = 0 } = {}) {
  const start = performance.now()
  return new Promise((done) => {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    const timer = patience > 0 ? setTimeout(() => child.kill('SIGKILL'), patience) : undefined
    let output = ''
    const hear = (chunk) => {
      // On a busy machine a run that gets on may take long.
      timer?.refresh()
      output += chunk
      heard(String(chunk))
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (status) => {
      clearTimeout(timer)
      done({ status, output, seconds: ((performance.now() - start) / 1_000).toFixed(1) })
    })
  })
}
