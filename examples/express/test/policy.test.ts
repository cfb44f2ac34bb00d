import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Example, startExample } from './example.ts'
import { RawClient } from './raw-client.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let example: Example
let hub: string
beforeAll(async () => {
  example = await startExample()
  hub = `${example.url.replace('http', 'ws')}/chat`
})
afterAll(() => example.stop())

test.each([undefined, '', 'al ice', 'älice', 'a'.repeat(33), 'alice\n', '@alice'])(
  'refuses the token %j with 4501',
  async (token) => {
    const client = new RawClient(hub)
    await client.hello({ token })
    expect(await client.closed).toBe(4501)
  },
)

test.each(['a', 'Alice-2', 'x'.repeat(32)])('takes the token %j for the name', async (token) => {
  expect(await userOf(hub, { token })).toBe(token)
})

test('takes ?user= for the name when there is no token', async () => {
  expect(await userOf(`${hub}?user=alice`, {})).toBe('alice')
})

test('takes the token when there is a name in the address too', async () => {
  expect(await userOf(`${hub}?user=alice`, { token: 'bob' })).toBe('bob')
  const client = new RawClient(`${hub}?user=alice`)
  await client.hello({ token: 'not a name' })
  expect(await client.closed).toBe(4501)
})

test('lets everyone join, send to and read any room, and see who is there', async () => {
  const client = await RawClient.welcomed(hub, { token: 'alice' })
  expect(await client.ask('join', 1, '#any room, 日本')).toBe('ok')
  expect(await client.ask('send', 2, '#any room, 日本', 'any/event', [1, { deep: null }])).toBe('ok')
  expect(await client.ask('read', 3, '#any room, 日本')).toBe('ok')
  expect(await client.ask('send', 4, '#not joined', 'say', 'x')).toBe('ok')
  expect(await client.ask('who', 5, '#any room, 日本')).toBe('ok')
  client.close()
})

test('lets everyone cast to a room, and to nobody else', async () => {
  const alice = await RawClient.welcomed(hub, { token: 'alice' })
  const bob = await RawClient.welcomed(hub, { token: 'bob', streams: { '#cast': null } })
  for (const address of ['@bob', '*', '#cast']) alice.write('cast', address, 'typing', address)
  expect((await bob.next('cast')).slice(0, 5)).toEqual(['cast', '#cast', 'typing', '#cast', 'alice'])
  alice.close()
  bob.close()
})

test('lets everyone send to everyone and to a person, and read neither', async () => {
  const alice = await RawClient.welcomed(hub, { token: 'alice' })
  const tabs = [
    await RawClient.welcomed(hub, { token: 'bob' }),
    await RawClient.welcomed(hub, { token: 'bob' }),
  ]
  expect(await alice.ask('send', 1, '*', 'announce', 'all')).toBe('ok')
  expect(await alice.ask('send', 2, '@bob', 'dm', 'psst')).toBe('ok')
  for (const tab of tabs) {
    expect((await tab.next('msg')).slice(0, 6)).toEqual(['msg', '*', 1, 'announce', 'all', 'alice'])
    expect((await tab.next('msg')).slice(0, 6)).toEqual(['msg', '@bob', 1, 'dm', 'psst', 'alice'])
  }
  expect(await alice.ask('read', 3, '*')).toBe('forbidden')
  expect(await alice.ask('read', 4, '@alice')).toBe('forbidden')
  expect(await alice.ask('read', 5, '@bob')).toBe('forbidden')
  expect(await alice.ask('join', 6, '@bob')).toBe('forbidden')
  for (const client of [alice, ...tabs]) client.close()
})

async function userOf(url: string, hello: object): Promise<unknown> {
  const client = new RawClient(url)
  await client.hello(hello)
  const [, welcome] = await client.next('welcome')
  client.close()
  return (welcome as { user: unknown }).user
}
