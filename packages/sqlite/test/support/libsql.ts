import { createRequire } from 'node:module'
import type { OpenDatabase } from './drivers.ts'

type Constructor = new (path: string) => OpenDatabase

/** Opens a file with libsql, also from a bundle outside the repository, where `MODULES` names a file inside. */
export function openLibsql(path: string): OpenDatabase {
  const require = createRequire(process.env['MODULES'] ?? import.meta.url)
  const Database = require('libsql') as Constructor
  return new Database(path)
}
