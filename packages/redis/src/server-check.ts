import type { Connection } from './connection.ts'
import { textOf } from './errors.ts'
import type { Keys } from './keys.ts'
import { refuse, type Settings } from './options.ts'
import { checkVersion } from './scripts/check-version.ts'
import type { ServerTraits } from './server.ts'
import { serverWarnings } from './server-warnings.ts'

/** Version of the keys. Another version under the same prefix is refused. */
const version = 1
/** Oldest version of Redis, and the first with sharded channels. */
const [oldest, firstSharded] = [[6, 2] as const, [7, 0] as const]

/** The answer to INFO by field. */
export type ServerInfo = ReadonlyMap<string, string>

/**
 * Looks at the server.
 *
 * @throws UsageError when the server cannot work; the text says what to do. Warns of risks.
 */
export async function inspectServer(
  connection: Connection,
  keys: Keys,
  settings: Settings,
): Promise<ServerTraits> {
  const info = parseInfo(String(await connection.call('info')))
  checkKind(info, settings)
  for (const warning of await serverWarnings(connection, info, settings)) warnSafely(settings, warning)
  await checkData(connection, keys, settings)
  const sharded = settings.place.kind === 'cluster' && (settings.sharded ?? isFrom(info, firstSharded))
  return {
    publishCommand: sharded ? 'spublish' : 'publish',
    hasClock: await hasClock(connection),
    wait: settings.wait,
  }
}

function checkKind(info: ServerInfo, { place, sharded }: Settings): void {
  const mode = info.get('redis_mode')
  const { kind, text } = place
  if (mode === 'sentinel')
    refuse(`${text} is a sentinel; give it in the option 'sentinels', as { host, port }`)
  if (mode === 'cluster' && kind !== 'cluster')
    refuse(`${text} is a node of a cluster; give it in the option 'nodes', as { host, port }`)
  if (mode === 'standalone' && kind === 'cluster')
    refuse(`${text} is no cluster; give it in the option 'url'`)
  if (!isFrom(info, oldest))
    refuse(`${text} is Redis ${info.get('redis_version')}; the backplane needs Redis 6.2 or newer, or Valkey`)
  if (sharded === true && !isFrom(info, firstSharded))
    refuse(`the option 'sharded' needs Redis 7; ${text} is Redis ${info.get('redis_version')}; leave it out`)
  if (kind === 'server' && info.get('role') === 'slave')
    refuse(
      `${text} is a replica, which is read-only; give the primary, ${info.get('master_host')}:${info.get('master_port')}, or the option 'sentinels'`,
    )
}

async function checkData(
  connection: Connection,
  keys: Keys,
  { prefix, partitions }: Settings,
): Promise<void> {
  const own = `version ${version}, partitions ${partitions}`
  const noted = await connection.run(checkVersion, [keys.version], [own]).catch((error: unknown) => {
    if (!/WRONGTYPE/.test(textOf(error))) throw error
    return 'another type'
  })
  if (noted === own) return
  const [, number, count] = /^version (\d+), partitions (\d+)$/.exec(String(noted)) ?? []
  if (Number(number) === version)
    refuse(
      `the hubs with the prefix '${prefix}' have ${count} presence partitions, and this hub has ${partitions}; give all the same option 'partitions'`,
    )
  refuse(
    number === undefined
      ? `the key '${keys.version}' is not of this package; give another option 'prefix'`
      : `the data under the prefix '${prefix}' has version ${number}, and this package writes version ${version}; give another option 'prefix', or stop all hubs and delete the keys that begin with '${prefix}:'`,
  )
}

/** Some services refuse TIME to scripts. */
async function hasClock(connection: Connection): Promise<boolean> {
  return connection.call('eval', "return redis.call('TIME')[1]", 0).then(
    () => true,
    () => false,
  )
}

function isFrom(info: ServerInfo, [major, minor]: readonly [number, number]): boolean {
  const [own = 0, ownMinor = 0] = (info.get('redis_version') ?? '').split('.').map(Number)
  return own > major || (own === major && ownMinor >= minor)
}

function parseInfo(text: string): ServerInfo {
  const lines = text.split('\r\n').map((line) => line.split(':', 1).concat(line.slice(line.indexOf(':') + 1)))
  return new Map(lines.map(([field = '', value = '']) => [field, value]))
}

/** Hands a warning to the application. A warning that cannot be told there is a warning of the process. */
function warnSafely({ onWarning }: Settings, warning: string): void {
  const failed = (error: unknown): void => process.emitWarning(`${warning} (${textOf(error)})`, 'ChatWarning')
  try {
    Promise.resolve(onWarning(warning)).catch(failed)
  } catch (error) {
    failed(error)
  }
}
