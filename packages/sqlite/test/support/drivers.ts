import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { SqliteDatabase } from '../../src/index.ts'

/** An open database that can be closed. */
export interface OpenDatabase extends SqliteDatabase {
  close(): unknown
}

/** A driver of SQLite that this runtime has. */
export interface Driver {
  readonly name: string
  /** Opens a file; `readonly` for one that cannot be written. */
  open(path: string, options?: { readonly?: boolean }): OpenDatabase
}

type Constructor = new (path: string, options?: object) => OpenDatabase

const require = createRequire(import.meta.url)
const runtimes = join(import.meta.dirname, '../../../../tooling/installed/runtimes/package.json')
const major = Number(process.versions.node.split('.')[0])

/** Returns an export of a module; `null` where there is no such module. */
function load(name: string, pick: (module: Record<string, Constructor>) => Constructor | undefined) {
  try {
    return pick(require(name)) ?? null
  } catch {
    return null
  }
}

function driver(name: string, made: Constructor | null, readonly: string): Driver[] {
  if (made === null) return []
  return [
    {
      name,
      open: (path, options = {}) => new made(path, options.readonly ? { [readonly]: true } : {}),
    },
  ]
}

/** better-sqlite3 has no build for Node 20. It is installed with the runtimes of `npm run test:runtimes`. */
function betterSqlite3(): Constructor | null {
  if ('Bun' in globalThis || 'Deno' in globalThis || major < 22 || !existsSync(runtimes)) return null
  try {
    return createRequire(runtimes)('better-sqlite3') as Constructor
  } catch {
    return null
  }
}

const libsql = load('libsql', (module) => module as unknown as Constructor)

/** The drivers that this runtime has: libsql everywhere, and the runtime's own. */
export const drivers: readonly Driver[] = [
  ...driver('libsql', libsql, 'readonly'),
  ...driver(
    'node:sqlite',
    'Bun' in globalThis ? null : load('node:sqlite', ({ DatabaseSync }) => DatabaseSync),
    'readOnly',
  ),
  ...driver(
    'bun:sqlite',
    'Bun' in globalThis ? load('bun:sqlite', ({ Database }) => Database) : null,
    'readonly',
  ),
  ...driver('better-sqlite3', betterSqlite3(), 'readonly'),
]
