import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { greet, hubOf, welcomed } from './clients.ts'
import { type Example, startExample } from './example.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let example: Example
let hub: string
beforeAll(async () => {
  example = await startExample()
  hub = hubOf(example)
})
afterAll(() => example.stop())

test.each([undefined, '', 'a'.repeat(256), 'ä'.repeat(128), 'alice\n'])(
  'refuses the token %j with 4501',
  async (token) => {
    const client = await greet(hub, { token })
    expect(await client.closeCode()).toBe(4501)
  },
)

test.each(['a', 'Alice-2', 'x'.repeat(255), 'Jörg Müller 🎈', '名前', '@alice'])(
  'uses the token %j as the name',
  async (token) => {
    expect(await userOf(hub, { token })).toBe(token)
  },
)

test('lets every user join, send to and read any room, and see its presence', async () => {
  const client = await welcomed(hub, { token: 'alice' })
  await client.succeed('join', '#any room, 日本')
  await client.succeed('send', '#any room, 日本', 'any/event', [1, { deep: null }])
  await client.succeed('read', '#any room, 日本')
  await client.succeed('send', '#not joined', 'say', 'x')
  await client.succeed('who', '#any room, 日本')
  await client.cut()
})

test('lets every user cast to a room, and to no other address', async () => {
  const alice = await welcomed(hub, { token: 'alice' })
  const bob = await welcomed(hub, { token: 'bob', streams: { '#cast': null } })
  for (const address of ['@bob', '*', '#cast']) alice.write(['cast', address, 'typing', address])
  expect((await bob.next('cast')).slice(0, 5)).toEqual(['cast', '#cast', 'typing', '#cast', 'alice'])
  for (const client of [alice, bob]) await client.cut()
})

test('lets every user send to everyone and to a person, and read neither', async () => {
  const alice = await welcomed(hub, { token: 'alice' })
  const tabs = [await welcomed(hub, { token: 'bob' }), await welcomed(hub, { token: 'bob' })]
  await alice.succeed('send', '*', 'announce', 'all')
  await alice.succeed('send', '@bob', 'dm', 'psst')
  for (const tab of tabs) {
    const expected = { at: 1, from: 'alice' }
    expect(await tab.messages('*', 1)).toMatchObject([{ ...expected, event: 'announce', data: 'all' }])
    expect(await tab.messages('@bob', 1)).toMatchObject([{ ...expected, event: 'dm', data: 'psst' }])
  }
  for (const [type, address] of [
    ['read', '*'],
    ['read', '@alice'],
    ['read', '@bob'],
    ['join', '@bob'],
  ] as const)
    expect((await alice.request(type, address)).code).toBe('forbidden')
  for (const client of [alice, ...tabs]) await client.cut()
})

async function userOf(url: string, hello: object): Promise<string> {
  const client = await welcomed(url, hello)
  const { user } = client
  await client.cut()
  return user
}
