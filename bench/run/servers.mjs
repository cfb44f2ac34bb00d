import { spawnSync } from 'node:child_process'
import { importContender } from '../contenders/all.mjs'

const commands = { redis: 'redis-server', nats: 'nats-server' }

/** The commands of brokers that the contenders need, and the machine does not have. */
export async function missingServers(contenders) {
  const brokers = await Promise.all(contenders.map(async (name) => (await importContender(name)).broker))
  const needed = [...new Set(brokers)].filter((broker) => broker !== null).map((broker) => commands[broker])
  return needed.filter(
    (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error !== undefined,
  )
}
