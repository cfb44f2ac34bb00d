import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { sources } from '../on-sources.ts'

/** The program of a hub with all sources in one file, which starts in a fraction of the time. */
export const hubBundle: string = fileURLToPath(
  new URL('../../node_modules/.cache/chat-brokers/hub-program.mjs', import.meta.url),
)

/** Makes the bundle before a run. Packages of others stay outside of it. */
export async function setup(): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('./hub-program.ts', import.meta.url))],
    outfile: hubBundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: [...sources],
    external: ['ws', 'ioredis', 'iovalkey', '@nats-io/*', 'libsql'],
    sourcemap: 'inline',
    logLevel: 'warning',
  })
}
