import * as ioredis from 'ioredis'
import { describe, expect, test } from 'vitest'
import { unusedPort } from '../../../test-support/test-server.ts'
import { type RedisBackplaneOptions, redisBackplane } from '../src/index.ts'
import { readData, Sender, startNode, startProxy, startServer } from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

/** The error with which a start fails. */
async function failure(options: unknown): Promise<{ code: unknown; message: string }> {
  try {
    const backplane = await redisBackplane({ onWarning: () => {}, ...(options as RedisBackplaneOptions) })
    await backplane.close()
  } catch (error) {
    return error as { code: unknown; message: string }
  }
  throw new Error('the backplane has started')
}

describe('options that cannot work are refused before a connection is made, and the error says what to do', () => {
  const url = 'redis://127.0.0.1:1'
  test.each<[string, unknown, RegExp]>([
    ['no place', {}, /none of the options 'url', 'sentinels' and 'nodes' is given; give exactly one/],
    ['two places', { url, nodes: [{ host: 'a', port: 1 }] }, /more than one of the options/],
    ['a URL of the web', { url: 'http://localhost' }, /of http:; write redis:\/\/host:6379/],
    ['no URL', { url: 'localhost:6379' }, /write redis:\/\/host:6379/],
    [
      'a password that is not escaped',
      { url: 'redis://:50%zz@h' },
      /has a '%' that begins no escape; write it as %25/,
    ],
    ['a database with a name', { url: 'redis://h/main' }, /'main', not the number of a database/],
    ['a prefix with blanks', { url, prefix: 'my app' }, /'prefix' is "my app"; give 1 to 64 characters/],
    ['a prefix with braces', { url, prefix: '{x}' }, /'prefix' is "\{x\}"/],
    ['an empty prefix', { url, prefix: '' }, /'prefix'/],
    ['no addresses', { nodes: [] }, /'nodes' is an array; give addresses/],
    [
      'an address without port',
      { sentinels: [{ host: 'a' }] },
      /port undefined; write \{ host: 'a', port: 6379 \}/,
    ],
    ['a misspelt option', { url, prefx: 'x' }, /there is no option 'prefx'; the options are url, sentinels/],
    ['a misspelt option that is like another', { url, prefx: 'x' }, /; did you mean 'prefix'\?$/],
    ['no options', undefined, /none of the options 'url', 'sentinels' and 'nodes' is given/],
    ['a list of options of the client', { url, connection: [] }, /'connection' is an array, not an object/],
    ['a misspelt retention', { url, retention: { days: 1 } }, /there is no option 'retention.days'/],
    ['a negative age', { url, retention: { age: -1 } }, /'retention.age' must be a number of milliseconds/],
    [
      'half a message',
      { url, retention: { count: 0.5 } },
      /'retention.count' must be a whole number above 0/,
    ],
    ['a client of another kind', { url, client: {} }, /'client' has no classes Redis and Cluster/],
    [
      'waiting in a cluster',
      { nodes: [{ host: 'a', port: 1 }], wait: { replicas: 1 } },
      /'wait' is not for a cluster/,
    ],
    ['no function', { url, onWarning: 'log' }, /'onWarning' is "log", not a function/],
  ])('%s', async (_, options, text) => {
    const { code, message } = await failure(options)
    expect(message).toMatch(text)
    expect(message).toMatch(/^unable to start the Redis backplane: /)
    expect(code).toBe('usage')
  })

  test.each([[null], [url], [5]])('%j in place of the options', async (options) => {
    await expect(redisBackplane(options as never)).rejects.toThrow(
      /^unable to start the Redis backplane: the options are not an object, but /,
    )
  })

  test('an error never has the password of a URL', async () => {
    for (const place of ['redis://user:secret@127.0.0.1:1', 'unix://user:secret@localhost/no/socket']) {
      const { message } = await failure({ url: place, timeout: 500 })
      expect(message).not.toContain('secret')
    }
  })
})

describe('a place without a server', () => {
  test.each([['ioredis'], ['iovalkey']])('%s: the error names the place', async (name) => {
    const port = await unusedPort()
    const client = await import(name)
    const { code, message } = await failure({ url: `redis://127.0.0.1:${port}`, client, timeout: 500 })
    expect(message).toContain(
      `no server answers at redis://127.0.0.1:${port}; start it, or correct the address`,
    )
    expect(code).toBe('unavailable')
  })

  test('nodes and sentinels, too', async () => {
    const address = { host: '127.0.0.1', port: await unusedPort() }
    expect((await failure({ nodes: [address], timeout: 500 })).message).toMatch(
      /no server answers|no node of a cluster/,
    )
    expect((await failure({ sentinels: [address], timeout: 500 })).message).toMatch(
      /no server answers|no sentinel/,
    )
  })
})

describe.runIf(withRedis)('servers that cannot work are refused, and the error says what to do', () => {
  test('a wrong password, and none', async () => {
    const { port } = await startServer({ args: ['--requirepass', 'right'] })
    const wrong = await failure({ url: `redis://:wrong@127.0.0.1:${port}`, timeout: 1_000 })
    expect(wrong.message).toMatch(/refuses the password; correct the options 'username' and 'password'/)
    const none = await failure({ url: `redis://127.0.0.1:${port}`, timeout: 1_000 })
    expect(none.message).toMatch(/asks for a password; give the option 'password'/)
    const node = await startNode({ url: `redis://127.0.0.1:${port}`, password: 'right' })
    await node.probe()
  })

  test('a server that accepts and never answers: the start fails in time', async () => {
    const proxy = await startProxy((await startServer()).port)
    proxy.stall()
    const address = { host: '127.0.0.1', port: proxy.port }
    for (const place of [
      { url: `redis://127.0.0.1:${proxy.port}` },
      { nodes: [address] },
      { sentinels: [address] },
    ])
      expect((await failure({ ...place, timeout: 300 })).code).toBe('unavailable')
  })

  test('TLS to a server without TLS', async () => {
    const { port } = await startServer()
    const { message } = await failure({ url: `rediss://127.0.0.1:${port}`, timeout: 1_000 })
    expect(message).toMatch(/does not speak TLS, write redis:\/\//)
  })

  test('a user without the rights', async () => {
    const server = await startServer()
    await server.command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>p',
      '~chat:*',
      '&chat:*',
      '+@all',
      '-eval',
      '-evalsha',
    )
    const { message } = await failure({ url: `redis://app:p@127.0.0.1:${server.port}`, timeout: 1_000 })
    expect(message).toMatch(/the user may not do what the backplane needs/)
  })

  test('a user with the keys and channels of the prefix only is enough', async () => {
    const server = await startServer()
    await server.command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>p',
      '~chat:*',
      '&chat:*',
      '+@all',
      '-@admin',
      '-@dangerous',
      '+info',
    )
    const node = await startNode({ url: `redis://app:p@127.0.0.1:${server.port}` })
    const sender = new Sender(node)
    await sender.once()
    expect(await readData(node)).toEqual([1])
  })

  test('a replica names its primary', async () => {
    const [primary, replica] = [await startServer(), await startServer()]
    await replica.command('REPLICAOF', '127.0.0.1', primary.port)
    const { code, message } = await failure({ url: replica.url })
    expect(message).toContain(`is a replica, which is read-only; give the primary, 127.0.0.1:${primary.port}`)
    expect(code).toBe('usage')
  })

  test('a server given as a cluster, and a node of a cluster given as a server', async () => {
    const server = await startServer()
    const nodes = [{ host: '127.0.0.1', port: server.port }]
    expect((await failure({ nodes, timeout: 1_000 })).message).toMatch(
      /is no cluster; give it in the option 'url'/,
    )
    const node = await startServer({
      args: ['--cluster-enabled', 'yes', '--cluster-port', `${await unusedPort()}`],
    })
    expect((await failure({ url: node.url })).message).toMatch(
      /is a node of a cluster; give it in the option 'nodes'/,
    )
  })

  test('data of another version, of another package, and another number of partitions', async () => {
    const server = await startServer()
    await server.command('SET', 'chat:version', 'version 7, partitions 1')
    expect((await failure({ url: server.url })).message).toMatch(
      /has version 7, and this package writes version 1; give another option 'prefix'/,
    )
    await server.command('SET', 'chat:version', 'x')
    expect((await failure({ url: server.url })).message).toMatch(
      /the key 'chat:version' is not of this package/,
    )
    await server.command('DEL', 'chat:version')
    await server.command('RPUSH', 'chat:version', 'x')
    expect((await failure({ url: server.url })).message).toMatch(
      /the key 'chat:version' is not of this package/,
    )
    await server.command('DEL', 'chat:version')
    await startNode({ url: server.url })
    expect((await failure({ url: server.url, partitions: 8 })).message).toMatch(
      /have 1 presence partitions, and this hub has 8/,
    )
  })

  test('risks are warned of, each with what to do', async () => {
    const server = await startServer({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'volatile-lru'] })
    const warnings: string[] = []
    await startNode({ url: server.url, onWarning: (warning) => warnings.push(warning) })
    expect(warnings).toEqual([
      expect.stringMatching(/evicts keys .*volatile-lru.*Set `maxmemory-policy noeviction`/),
      expect.stringMatching(/neither persistence nor a replica.*Set `appendonly yes`/),
    ])
  })

  test('a server with persistence and noeviction has no warnings', async () => {
    const server = await startServer({ persistent: true })
    const warnings: string[] = []
    await startNode({ url: server.url, onWarning: (warning) => warnings.push(warning) })
    expect(warnings).toEqual([])
  })

  test('without `onWarning`, a warning is one of the process', async () => {
    const server = await startServer()
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    const backplane = await redisBackplane({ url: server.url })
    expect((await warned).message).toMatch(/neither persistence nor a replica/)
    await backplane.close()
  })
})

describe.runIf(withRedis)('deployments and clocks', () => {
  test('two deployments with different prefixes on one server are separate', async () => {
    const server = await startServer()
    const [a, b] = [
      await startNode({ url: server.url, prefix: 'a' }),
      await startNode({ url: server.url, prefix: 'a:b' }),
    ]
    const heard: unknown[] = []
    b.tail('#room', (hint) => heard.push(hint))
    b.subscribe('#room', (text) => heard.push(text))
    await b.read('#room', { after: 0, limit: 1 })
    await new Sender(a).once()
    a.publish('#room', 'x')
    await a.sessions.put({ id: 's', user: 'u', secret: 'x' }, 'n', 10_000)
    await new Sender(b).once()
    await expect.poll(() => heard.length).toBe(1)
    expect(await readData(b)).toEqual([1])
    expect(await b.sessions.find('s')).toBeNull()
  })

  test('a hub whose clock is ten minutes off: times, leases and sessions are those of the server', async () => {
    const server = await startServer()
    const { systemRuntime } = await import('@chat/core')
    const { startBackplane } = await import('../src/start.ts')
    const { standardTuning } = await import('../src/tuning.ts')
    const off = { ...systemRuntime, wallTime: () => Date.now() + 600_000 }
    const node = await startBackplane({ url: server.url, onWarning: () => {} }, standardTuning, off)
    const right = await startNode({ url: server.url })
    const stored = await new Sender(node).once()
    if (stored.outcome !== 'stored') throw new Error(stored.outcome)
    expect(Math.abs(stored.time - Date.now())).toBeLessThan(60_000)
    const member = { session: 's', user: 'u', generation: 1, node: 'n', state: '1' }
    await node.presence.enter('#room', [member], { ttl: 30_000, keep: 0 })
    expect((await right.presence.members('#room', null))?.members).toEqual([member])
    await node.close()
  })

  test('a server that refuses TIME to scripts: the clock of the node counts', async () => {
    const server = await startServer()
    await server.command('ACL', 'SETUSER', 'app', 'on', '>p', '~chat:*', '&chat:*', '+@all', '-time')
    const node = await startNode({ url: `redis://app:p@127.0.0.1:${server.port}` })
    expect(await new Sender(node).once()).toMatchObject({ outcome: 'stored', at: 1 })
    await node.presence.lease('n', { ttl: 1_000, keep: 0 })
  })

  test('a message that replicas do not have in time is unavailable, and is a duplicate when they have it', async () => {
    const [primary, replica] = [
      await startServer({ args: ['--repl-diskless-sync-delay', '0'] }),
      await startServer(),
    ]
    const node = await startNode({ url: primary.url, wait: { replicas: 1, timeout: 300 } })
    expect(node.capabilities.durability).toBe('replicated')
    const sender = new Sender(node)
    await expect(sender.once()).rejects.toMatchObject({ code: 'unavailable' })
    await replica.command('REPLICAOF', '127.0.0.1', primary.port)
    await sender.send()
    expect(await readData(node)).toEqual([1, 2])
    expect(await sender.again()).toMatchObject({ outcome: 'duplicate', at: 2 })
  })

  test('the connections of a closed backplane are gone', async () => {
    const server = await startServer()
    const before = (await server.command('CLIENT', 'LIST')).split('\n').length
    const node = await startNode({ url: server.url, client: ioredis })
    expect((await server.command('CLIENT', 'LIST')).split('\n').length).toBe(before + 2)
    await node.close()
    await expect.poll(async () => (await server.command('CLIENT', 'LIST')).split('\n').length).toBe(before)
  })
})
