import { expect, test } from 'vitest'
import { impatient } from '../../../../test-support/fast.ts'
import { enterAt, throughProxy, until } from '../support/through-proxy.ts'

const long = 'x'.repeat(20_000)

test.each([100, 5_000, 20_100])(
  'a POST that is cut after %i bytes is repeated, and its message comes once',
  async (bytes) => {
    const { proxy, enter } = await throughProxy()
    const alice = await enter('alice')
    proxy.up.cutAfter = bytes

    expect(await alice.say(long)).toBe('ok')

    expect(await alice.say('behind')).toBe('ok')
    await until(() => expect(alice.heard).toEqual([long, 'behind']))
  },
)

test('when the answer to a POST is lost, the message is stored once (P-HT-2)', async () => {
  const { statuses, enter } = await throughProxy()
  let losing = false
  let lost: string | null = null
  const seqs: (string | null)[] = []
  const lossy: typeof fetch = async (url, init) => {
    const response = await fetch(url, init)
    if (init?.method !== 'POST') return response
    const seq = new Headers(init.headers).get('chat-seq')
    seqs.push(seq)
    if (!losing) return response
    losing = false
    lost = seq
    throw new TypeError('the answer got lost')
  }
  const alice = await enter('alice', { fetch: lossy })
  losing = true

  expect(await alice.say('once')).toBe('ok')
  expect(await alice.say('twice')).toBe('ok')

  await until(() => expect(alice.heard).toEqual(['once', 'twice']))
  // A ping on a busy machine is a POST, too.
  expect(seqs.filter((seq) => seq === lost)).toEqual([lost, lost])
  expect(lost).not.toBeNull()
  expect(new Set(statuses)).toEqual(new Set([204]))
})

test('a late POST of an older connection gets 404, and its message is stored once (P-HT-4, P-ST-8)', async () => {
  const { proxy, resumed, enter } = await throughProxy()
  const posts: (() => Promise<Response>)[] = []
  const recording: typeof fetch = (url, init) => {
    if (init?.method === 'POST') posts.push(() => fetch(url, { ...init, signal: null }))
    return fetch(url, init)
  }
  const alice = await enter('alice', { fetch: recording })
  expect(await alice.say('once')).toBe('ok')
  const stale = posts.at(-1)
  proxy.reset()
  await until(() => expect(resumed).toEqual([false, true]))

  const answer = await stale?.()

  expect(answer?.status).toBe(404)
  expect(await alice.say('more')).toBe('ok')
  await until(() => expect(alice.heard).toEqual(['once', 'more']))
})

test('late data of a dead connection has no effect', async () => {
  const { hub, proxy, resumed, enter } = await throughProxy({ timeouts: impatient })
  const alice = await enter('alice')
  // What is under way stays under way, a new connection gets through: as with a NAT that has forgotten the old ones.
  proxy.strand()
  const sent = alice.say('held')
  await until(() => expect(proxy.held('up')).toBeGreaterThan(0))
  await until(() => expect(resumed).toEqual([false, true]))
  expect(await sent).toBe('ok')

  proxy.heal()
  await hub.to('#lobby').send('say', 'last')

  await until(() => expect(alice.heard).toEqual(['held', 'last']))
  expect(await alice.say('more')).toBe('ok')
  await until(() => expect(alice.heard).toEqual(['held', 'last', 'more']))
})

test('with a slow upstream and a stream that is cut meanwhile, no message is lost or doubled', async () => {
  const { proxy, enter } = await throughProxy()
  const alice = await enter('alice')
  proxy.up.latency = 50
  const sent = Array.from({ length: 10 }, (_, i) => alice.say(i))

  proxy.reset()

  expect(await Promise.all(sent)).toEqual(Array.from({ length: 10 }, () => 'ok'))
  await until(() => expect(alice.heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
})

test('a hub without state that replaces another leads to a fresh session, and to a gap where messages are missing', async () => {
  const first = await throughProxy()
  const second = await throughProxy()
  const alice = await enterAt(`http://127.0.0.1:${first.proxy.port}/chat`, 'alice')
  await first.hub.to('#lobby').send('say', 1)
  await until(() => expect(alice.heard).toEqual([1]))

  first.proxy.target = second.proxy.port
  first.proxy.reset()
  await until(() => expect(second.resumed).toEqual([false]))
  await second.hub.to('#lobby').send('say', 2)

  await until(() => expect(alice.heard).toEqual([1, expect.stringMatching(/^gap: /), 2]))
})
