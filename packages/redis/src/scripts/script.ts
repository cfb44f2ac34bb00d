import { createHash } from 'node:crypto'

/** A Lua script of the server, named by its digest. */
export interface Script {
  /** The name, for errors. */
  readonly name: string
  /** The source. */
  readonly lua: string
  /** The SHA-1 digest of the source, by which EVALSHA calls it. */
  readonly sha: string
}

/** Makes a script of pieces of Lua. */
export function script(name: string, ...pieces: readonly string[]): Script {
  const lua = pieces.join('\n')
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') }
}
