import { createRequire } from 'node:module'
import { UsageError } from '@chat/core'

/** Below it, a peer that pings and never reads makes the process hold every answer. */
const oldest = [8, 23, 0] as const

/**
 * Refuses a `ws` that is too old. npm's peer ranges can be overridden, so the installed one is looked at.
 *
 * @throws UsageError
 */
export function requireWs(version: string | null = installed()): void {
  if (version === null || atLeast(version)) return
  throw new UsageError(
    `unable to use ws ${version}: @chat/node-ws needs ${oldest.join('.')} or newer, whose limits keep a hostile peer from filling the memory; run \`npm install ws@^${oldest.join('.')}\` and look for overrides in package.json`,
  )
}

function atLeast(version: string): boolean {
  const parts = version.split(/[.-]/, 3).map(Number)
  for (const [i, least] of oldest.entries()) {
    const part = parts[i] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/** The version of the `ws` beside this package; `null` when it was bundled and cannot be known. */
function installed(): string | null {
  try {
    const manifest: { version?: unknown } = createRequire(import.meta.url)('ws/package.json')
    return typeof manifest.version === 'string' ? manifest.version : null
  } catch {
    return null
  }
}
