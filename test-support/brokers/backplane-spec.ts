import type { Backplane } from '@chat/core/backplane'

/** The backplane of a hub, as a text that passes between processes can describe it. */
export type BackplaneSpec =
  /** The memory of the hub's process. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis' | 'nats'; readonly options: object }

/** Opens a backplane; `undefined` for the memory of the hub, which needs none. */
export async function openBackplane(spec: BackplaneSpec): Promise<Backplane | undefined> {
  if (spec.kind === 'memory') return undefined
  // Loads only the package of this kind.
  const made = await import(`@chat/${spec.kind}`)
  if (spec.kind === 'sqlite') {
    const { default: Database } = await import(drivers.sqlite)
    return made.sqliteBackplane(new Database(spec.file))
  }
  if (spec.kind === 'nats') return made.natsBackplane(spec.options)
  // The warnings about a server that loses its data are what the tests are about.
  return made.redisBackplane({ onWarning: () => {}, ...spec.options })
}

/** Modules that drive the file of a backplane. */
const drivers = { sqlite: 'libsql' }
