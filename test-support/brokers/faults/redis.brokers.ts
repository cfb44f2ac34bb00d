import { describe } from 'vitest'
import { faultsOf } from '../fault-row.ts'
import type { FaultRun } from '../fault-run.ts'
import { installed } from '../installed.ts'
import { room } from '../journal.ts'
import type { RedisServer, RedisServerOptions } from '../redis-server.ts'
import { pause, until } from '../until.ts'
import { runAt, runThroughProxies } from './common.ts'
import { startRedis } from './start-redis.ts'

const fault = faultsOf('Redis')

/** Starts a run at a server, breaks the server under traffic, and waits until messages flow again. */
async function under(
  options: RedisServerOptions,
  strike: (redis: RedisServer, run: FaultRun) => Promise<void>,
): Promise<FaultRun> {
  const broker = await startRedis(options)
  const run = await runAt(broker)
  await run.flow(1_000)
  await strike(broker.redis, run)
  run.back()
  await run.flowing()
  await run.flow(500)
  return run
}

async function keysOf(redis: RedisServer): Promise<string[]> {
  const keys = (await redis.command('KEYS', `*${room.slice(1)}*`)).split('\n')
  return keys.filter((key) => key !== '')
}

describe.skipIf(!installed['redis-server'])('Redis', () => {
  fault(
    'killed, and started again without its data (BP-03, S-15)',
    { mayLose: true, told: ['epoch'], fails: ['uncertain'] },
    () =>
      under({}, async (redis) => {
        await redis.kill()
        await pause(500)
        await redis.restart()
      }),
  )

  fault('killed, and started again with a file that is synced on each write (BP-03)', {}, () =>
    under({ persistent: true, args: ['--appendfsync', 'always'] }, async (redis) => {
      await redis.kill()
      await pause(500)
      await redis.restart()
    }),
  )

  fault(
    'killed, and started again with a file that lacks its last 9 000 bytes (S-16)',
    { mayLose: true, told: ['epoch', 'diverged'], fails: ['uncertain'] },
    () =>
      under({ persistent: true }, async (redis) => {
        await redis.kill()
        redis.truncateLog(9_000)
        await redis.restart()
      }),
  )

  fault('paused for 3 s by CLIENT PAUSE (BP-06)', {}, () =>
    under({}, async (redis) => {
      await redis.command('CLIENT', 'PAUSE', 3_000, 'ALL')
      await pause(3_000)
    }),
  )

  fault('its process is stopped for 4 s (BP-06)', { long: true }, () =>
    under({}, async (redis) => {
      redis.process.pause()
      await pause(4_000)
      redis.process.resume()
    }),
  )

  fault('all subscribers are closed 10 times (BP-06)', {}, () =>
    under({}, async (redis) => {
      for (let kill = 0; kill < 10; kill++) {
        await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
        await pause(300)
      }
    }),
  )

  fault('its scripts are flushed 5 times', {}, () =>
    under({}, async (redis) => {
      for (let flush = 0; flush < 5; flush++) {
        await redis.command('SCRIPT', 'FLUSH', 'SYNC')
        await pause(200)
      }
    }),
  )

  fault('out of memory for 1.5 s', {}, () =>
    under({}, async (redis) => {
      await redis.command('CONFIG', 'SET', 'maxmemory', 1)
      await pause(1_500)
      await redis.command('CONFIG', 'SET', 'maxmemory', 0)
    }),
  )

  fault(
    'each key of the room is deleted, one after the other',
    { mayLose: true, told: ['epoch', 'diverged', 'absent'] },
    () =>
      under({}, async (redis) => {
        const keys = await keysOf(redis)
        if (keys.length === 0) throw new Error('the room has no key')
        for (const key of keys) {
          await redis.command('DEL', key)
          await pause(500)
        }
      }),
  )

  fault(
    'all its data is deleted',
    { mayLose: true, told: ['epoch', 'absent'], fails: ['uncertain'], long: true },
    () => under({}, async (redis) => void (await redis.command('FLUSHALL'))),
  )

  fault('14 MB for a hub that is stopped, more than Redis keeps for a subscriber (BP-07)', {}, async () => {
    const { redis, ...broker } = await startRedis({
      args: ['--client-output-buffer-limit', 'pubsub', '1mb', '512kb', '1'],
    })
    const run = await runAt(broker)
    const [stopped, other] = run.hubs
    stopped?.stop()
    other?.command({ type: 'flood', count: 350, bytes: 40_000 })
    await until('a subscriber that Redis closes', () =>
      redis.process.output.includes('overcoming of output buffer limits'),
    )
    stopped?.continue()
    run.talk()
    run.back()
    await run.flowing()
    return run
  })

  fault('delivery to a hub is severed, and its commands work (BP-08)', {}, async () => {
    const { redis, ...broker } = await startRedis()
    const { run, proxies } = await runThroughProxies(broker)
    const clients = await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')
    const ports = new Set([...clients.matchAll(/ addr=127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))
    proxies[0]?.strand('down', ports)
    await run.flow(3_000)
    await run.flowing()
    return run
  })
})
