import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { importContender } from '../contenders/all.mjs'

const folder = fileURLToPath(new URL('../', import.meta.url))

/** Bundled modules that a contender can name, and their contents. */
const modules = {
  hub: "export { Hub } from '@chat/core'; export { attach } from '@chat/node-ws'",
  bun: "export { Hub } from '@chat/core'; export { bunHandler } from '@chat/bun'",
  redis: "export { redisBackplane } from '@chat/redis'",
  nats: "export { natsBackplane } from '@chat/nats'",
}

/** Bundles the packages that contenders need from their sources, so that the bench needs no build. */
export async function bundlePackages(contenders) {
  const imported = await Promise.all(contenders.map(importContender))
  const names = new Set(imported.flatMap(({ built = [] }) => built))
  const outdir = `${folder}.built`
  rmSync(outdir, { recursive: true, force: true })
  if (names.size === 0) return
  await build({
    entryPoints: [...names].map((name) => ({ in: `bench:${name}`, out: name })),
    plugins: [{ name: 'bench', setup: resolveModules }],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    external: ['ws', 'ioredis', '@nats-io/*'],
    outdir,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  })
}

function resolveModules({ onResolve, onLoad }) {
  onResolve({ filter: /^bench:/ }, ({ path }) => ({ path: path.slice(6), namespace: 'bench' }))
  onLoad({ filter: /.*/, namespace: 'bench' }, ({ path }) => ({
    contents: modules[path],
    resolveDir: folder,
  }))
}
