import { createRequire } from 'node:module'
import { UsageError } from '@chat/core'

/**
 * Oldest version that works: before it, a peer that pings and never reads made the process hold every answer.
 */
const oldest = [8, 23, 0] as const

/**
 * Refuses a `ws` that is too old. Overrides of npm can install a version outside the range that this package
 * declares, so the installed version is read.
 *
 * @throws UsageError
 */
export function requireWs(version: string | null = installedVersion()): void {
  if (version === null || isAtLeast(version)) return
  throw new UsageError(
    `unable to use ws ${version}: @chat/node-ws needs ${oldest.join('.')} or newer, whose limits keep a hostile peer from filling the memory; run \`npm install ws@^${oldest.join('.')}\` and look for overrides in package.json`,
  )
}

function isAtLeast(version: string): boolean {
  const parts = version.split(/[.-]/, 3).map(Number)
  for (const [i, least] of oldest.entries()) {
    const part = parts[i] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/** Returns the version of the `ws` beside this package; `null` when it was bundled and is unknown. */
function installedVersion(): string | null {
  try {
    const manifest: { version?: unknown } = createRequire(import.meta.url)('ws/package.json')
    return typeof manifest.version === 'string' ? manifest.version : null
  } catch {
    return null
  }
}
