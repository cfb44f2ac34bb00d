import type { Connection } from './connection.ts'
import type { Settings } from './options.ts'

/** Replicas that Redis names in INFO. */
const mostReplicas = 16

/** Returns the risks that a server's configuration is to messages, each with what to do. */
export async function serverWarnings(
  connection: Connection,
  info: ReadonlyMap<string, string>,
  { place }: Settings,
): Promise<string[]> {
  const { text } = place
  return [
    evictionWarning(info, text),
    await persistenceWarning(connection, info, text),
    ...replicaWarnings(info, text),
  ].filter((warning) => warning !== null)
}

function evictionWarning(info: ReadonlyMap<string, string>, place: string): string | null {
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (policy === 'noeviction' || policy === 'volatile-ttl' || info.get('maxmemory') === '0') return null
  return `the Redis server at ${place} evicts keys when its memory is full (maxmemory-policy ${policy}): users then miss messages, and are told so, and repeated messages may be stored twice. Set \`maxmemory-policy noeviction\``
}

async function persistenceWarning(
  connection: Connection,
  info: ReadonlyMap<string, string>,
  place: string,
): Promise<string | null> {
  if (info.get('aof_enabled') === '1' || Number(info.get('connected_slaves')) > 0) return null
  // Services refuse CONFIG. They persist, or say so.
  const save = await connection.call('config', 'get', 'save').catch(() => null)
  if (!Array.isArray(save) || save[1] !== '') return null
  return `the Redis server at ${place} has neither persistence nor a replica: a restart loses all messages and sessions, and users are told so. Set \`appendonly yes\``
}

function replicaWarnings(info: ReadonlyMap<string, string>, place: string): string[] {
  const warnings: string[] = []
  for (let n = 0; n < mostReplicas; n++) {
    const replica = info.get(`slave${n}`)
    if (replica === undefined || replica.includes('state=online')) continue
    warnings.push(
      `the replica ${replica} of the Redis server at ${place} is not in step: if it becomes the primary now, messages are lost. Wait until it is, and set \`repl-diskless-sync-delay 0\` on the primary`,
    )
  }
  return warnings
}
