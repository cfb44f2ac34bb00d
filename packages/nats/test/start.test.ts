import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backplane } from '@chat/core/backplane'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BrokerProcess, removeFolder, temporaryFolder } from '../../../test-support/brokers/broker-process.ts'
import { NatsServer } from '../../../test-support/brokers/nats-server.ts'
import { unusedPort } from '../../../test-support/test-server.ts'
import { type NatsBackplaneOptions, natsBackplane } from '../src/index.ts'
import { Admin } from './support/admin.ts'
import { newPrefix } from './support/bench.ts'
import { withNats } from './support/with-nats.ts'

const ended: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ended.reverse()) await end()
})

/** Starts a server with lines of configuration, and returns its URL. */
async function startWith(...lines: string[]): Promise<string> {
  const [port, folder] = [await unusedPort(), temporaryFolder()]
  const file = join(folder, 'nats.conf')
  writeFileSync(
    file,
    [`listen: 127.0.0.1:${port}`, ...lines.map((line) => line.replace('FOLDER', folder))].join('\n'),
  )
  const server = await BrokerProcess.start({
    program: 'nats-server',
    args: ['-c', file],
    ready: /Server is ready/,
  })
  ended.push(
    () => removeFolder(folder),
    () => server.kill(),
  )
  return `nats://127.0.0.1:${port}`
}

const jetstream = 'jetstream { store_dir: "FOLDER/store" }'

async function failure(options: NatsBackplaneOptions): Promise<{ code: unknown; message: string }> {
  try {
    const started: Backplane = await natsBackplane({ timeout: 1_000, ...options })
    await started.close()
  } catch (error) {
    return error as { code: unknown; message: string }
  }
  throw new Error('the backplane has started')
}

describe('a wrong option is refused at the start', () => {
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{ prefix: 'a.b' }, /'prefix' must be 1 to 32 letters, digits, `_` and `-`, but is "a\.b"/],
    [{ prefix: '*' }, /'prefix'/],
    [{ prefix: '' }, /'prefix'/],
    [{ prefix: 'x'.repeat(33) }, /'prefix'/],
    [{ replicas: 2 }, /'replicas' must be 1, 3 or 5, but is 2/],
    [{ storage: 'disk' }, /'storage' must be 'file' or 'memory', but is "disk"/],
    [{ servers: 7 }, /'servers' must be a URL/],
    [{ retention: { count: 0 } }, /'retention\.count' must be an integer above 0/],
    [{ retention: { bytes: -2 } }, /'retention\.bytes'/],
    [
      { retention: { days: 1 } },
      /no option 'retention\.days'; the options are count, bytes, age, forgetAfter/,
    ],
    [{ sessions: { age: 1 } }, /'sessions\.age' must be an integer of at least 1000/],
    [{ timeout: Number.NaN }, /'timeout' must be a number of milliseconds/],
    [{ server: 'x' }, /; did you mean 'servers'\?$/],
    [{ servers: [] }, /'servers' must be a URL or an array of URLs, .*, but is an array/],
    [{ connection: 'token' }, /'connection' must be an object, but is "token"/],
    [{ client: {} }, /'client' must be a NATS client, such as .*, but is an instance of Object/],
    [{ allowUnsafeReplicas: 1 }, /'allowUnsafeReplicas' must be true or false, but is 1/],
    [
      { runtime: {} },
      /'runtime' must be a runtime, with the functions now, .*, but is an instance of Object/,
    ],
    [{ server: 'x' }, /no option 'server'; the options are servers, prefix, replicas/],
  ]
  for (const [options, message] of wrong)
    test(JSON.stringify(options), async () => {
      const { code, message: text } = await failure(options as NatsBackplaneOptions)
      expect(text).toMatch(message)
      expect(code).toBe('usage')
    })
})

describe.runIf(withNats)('a server that cannot work is refused at the start', () => {
  let server: NatsServer
  beforeAll(async () => {
    server = await NatsServer.start()
    ended.push(() => server.close())
  })

  test('no server answers: unavailable, with the address', async () => {
    const servers = `nats://127.0.0.1:${await unusedPort()}`
    const { code, message } = await failure({ servers })
    expect(code).toBe('unavailable')
    expect(message).toContain(`no server answers at ${servers}`)
  })

  test('JetStream is off', async () => {
    const { code, message } = await failure({ servers: await startWith() })
    expect(code).toBe('usage')
    expect(message).toMatch(/the server has no JetStream; start it with `nats-server -js`/)
  })

  test('a wrong password, and a right one', async () => {
    const servers = await startWith(jetstream, 'authorization { user: chat, password: secret }')
    for (const connection of [{}, { user: 'chat', pass: 'wrong' }]) {
      const { code, message } = await failure({ servers, connection })
      expect(message).toMatch(/refuses the credentials/)
      expect(code).toBe('usage')
    }
    const right = await natsBackplane({ servers, connection: { user: 'chat', pass: 'secret' } })
    await right.probe()
    await right.close()
  })

  test('a server below 2.9.21 with several replicas', async () => {
    const { code, message } = await failure({ servers: server.url, replicas: 3, client: await olderClient() })
    expect(code).toBe('usage')
    expect(message).toMatch(
      /version 2\.9\.10.*update all servers to 2\.9\.21 or newer.*or set 'replicas' to 1/,
    )
  })

  test('more replicas than servers', async () => {
    const { code, message } = await failure({ servers: server.url, replicas: 3, allowUnsafeReplicas: true })
    expect(code).toBe('usage')
    expect(message).toMatch(/start as many servers with JetStream as 'replicas' says, or lower it/)
  })

  test('streams of another program or version under the prefix', async () => {
    const admin = await Admin.connect(server.url)
    ended.push(() => admin.close())
    const prefix = newPrefix()
    const name = `${prefix}_log`
    await admin.call(`STREAM.CREATE.${name}`, { name, subjects: [`${prefix}.l.*`], description: 'orders' })
    const { code, message } = await failure({ servers: server.url, prefix })
    expect(code).toBe('usage')
    expect(message).toMatch(/has the description "orders".*choose another 'prefix', or delete the stream/)
  })

  test('subjects that another stream has', async () => {
    const admin = await Admin.connect(server.url)
    ended.push(() => admin.close())
    const prefix = newPrefix()
    await admin.call(`STREAM.CREATE.${prefix}x`, { name: `${prefix}x`, subjects: [`${prefix}.>`] })
    const { code, message } = await failure({ servers: server.url, prefix })
    expect(code).toBe('usage')
    expect(message).toMatch(/choose another 'prefix'/)
  })

  test('another storage than that of the streams', async () => {
    const prefix = newPrefix()
    await (await natsBackplane({ servers: server.url, prefix })).close()
    const { message } = await failure({ servers: server.url, prefix, storage: 'memory' })
    expect(message).toMatch(/has the storage 'file', and the option 'storage' is 'memory'/)
  })

  test('too little storage', async () => {
    const servers = await startWith('jetstream { store_dir: "FOLDER/store", max_file_store: 1M }')
    const { code, message } = await failure({ servers, retention: { bytes: 10_000_000 } })
    expect(code).toBe('usage')
    expect(message).toMatch(/lower 'retention\.bytes', or give JetStream more storage/)
  })

  test('other limits change the streams', async () => {
    const admin = await Admin.connect(server.url)
    ended.push(() => admin.close())
    const prefix = newPrefix()
    await (await natsBackplane({ servers: server.url, prefix })).close()
    await (
      await natsBackplane({ servers: server.url, prefix, retention: { count: 7, age: 7_200_000 } })
    ).close()
    const { config } = await admin.call<{ config: Record<string, unknown> }>(`STREAM.INFO.${prefix}_log`)
    expect([config.max_msgs_per_subject, config.max_age]).toEqual([7, 7_200_000_000_000])
  })
})

/** Returns the client, with the version of the server set to 2.9.10. */
async function olderClient(): Promise<NonNullable<NatsBackplaneOptions['client']>> {
  const { connect, headers } = await import('@nats-io/transport-node')
  return {
    headers,
    async connect(options) {
      const connection = await connect(options)
      const info = { ...connection.info, max_payload: connection.info?.max_payload ?? 0, version: '2.9.10' }
      return new Proxy(connection, {
        get(target, name) {
          if (name === 'info') return info
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        },
      }) as never
    },
  }
}
