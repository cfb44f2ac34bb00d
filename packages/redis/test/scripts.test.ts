import { systemRuntime } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { pause } from '../../../test-support/brokers/until.ts'
import { encodeName } from '../src/keys.ts'
import { startBackplane } from '../src/start.ts'
import { standardTuning } from '../src/tuning.ts'
import { readAll, Sender, startNode, startServer } from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

describe.runIf(withRedis)('the scripts', () => {
  test('an append whose previous ref is not known is early, and is stored behind it', async () => {
    const node = await startNode({ url: (await startServer()).url })
    const message = { event: 'say', data: '1', meta: null, from: 'alice', id: 's.2' }
    const key = { user: 'alice', session: 's', ref: 2, hash: 'h', window: 16, by: 'n' }
    expect(await node.append('#room', message, { ...key, previousRef: 1 })).toEqual({ outcome: 'early' })
    await node.append('#room', { ...message, id: 's.1' }, { ...key, ref: 1 })
    expect(await node.append('#room', message, { ...key, previousRef: 1 })).toMatchObject({
      outcome: 'stored',
    })
    expect((await readAll(node)).map(({ id }) => id)).toEqual(['s.1', 's.2'])
  })

  test('the times of a log do not go back with the clock', async () => {
    const server = await startServer()
    await server.command('ACL', 'SETUSER', 'app', 'on', '>p', '~chat:*', '&chat:*', '+@all', '-time')
    let wall = 1_800_000_000_000
    const runtime = { ...systemRuntime, wallTime: () => wall }
    const options = { url: `redis://app:p@127.0.0.1:${server.port}`, onWarning: () => {} }
    const node = await startBackplane(options, standardTuning, runtime)
    const sender = new Sender(node)
    await sender.once()
    wall -= 60_000
    await sender.once()
    wall += 60_001
    await sender.once()
    expect((await readAll(node)).map(({ time }) => time - 1_800_000_000_000)).toEqual([0, 0, 1])
    await node.close()
  })

  test('a page ends at its size, forwards and backwards, and the server sends no more than that', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    for (let ref = 1; ref <= 20; ref++) {
      const message = {
        event: 'say',
        data: `"${'x'.repeat(60_000)}"`,
        meta: null,
        from: null,
        id: `n.${ref}`,
      }
      await node.append('#room', message, { user: '', session: 'n', ref, hash: 'h', window: 16, by: 'n' })
    }
    const sent = async (): Promise<number> =>
      Number(/total_net_output_bytes:(\d+)/.exec(await server.command('INFO', 'stats'))?.[1])
    const before = await sent()
    expect((await node.read('#room', { after: 0, limit: 256 })).entries.map(({ at }) => at)).toEqual([
      1, 2, 3, 4,
    ])
    expect((await node.read('#room', { before: null, limit: 256 })).entries.map(({ at }) => at)).toEqual([
      17, 18, 19, 20,
    ])
    expect((await sent()) - before).toBeLessThan(600_000)
  })

  test('a lease that is renewed too late brings no session back', async () => {
    const node = await startNode({ url: (await startServer()).url })
    const member = { session: 's', user: 'u', generation: 1, node: 'n', state: '1' }
    await node.presence.enter('#room', [member], { ttl: 50, keep: 0 })
    await pause(100)
    await node.presence.lease('n', { ttl: 60_000, keep: 0 })
    expect((await node.presence.members('#room', null))?.members).toEqual([])
  })

  test('all records of a user are dropped at once, and records that are put later are not', async () => {
    const node = await startNode({ url: (await startServer()).url })
    const { sessions } = node
    await sessions.put({ id: 'a', user: 'u', secret: 'x' }, 'n', 60_000)
    await sessions.drop({ user: 'u' })
    await sessions.put({ id: 'b', user: 'u', secret: 'x' }, 'n', 60_000)
    expect(await sessions.find('a')).toBeNull()
    expect(await sessions.find('b')).toEqual({ user: 'u', node: 'n' })
    expect(await sessions.renew({ id: 'a', user: 'u' }, 1, 1, 60_000)).toBe(false)
    const attempt = { user: 'u', secret: 'x', n: 1, next: 'y', node: 'n' }
    expect(await sessions.take('a', attempt, 60_000)).toEqual({ outcome: 'unknown' })
  })

  test('a ring of refs stays small, and remembers its window', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    for (let n = 0; n < 300; n++) await sender.once()
    const [ring] = (await server.command('KEYS', `chat:{${encodeName('#room')}}:d*`)).split('\n')
    const fields = Number(await server.command('HLEN', ring ?? ''))
    expect(fields).toBeGreaterThanOrEqual(64 + 3)
    expect(fields).toBeLessThanOrEqual(128)
    expect(await server.command('OBJECT', 'ENCODING', ring ?? '')).toBe('listpack')
  })
})
