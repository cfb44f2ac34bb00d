import { Hub } from '@chat/core'
import { expect, onTestFinished, test } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { httpHandler } from '../../src/index.ts'
import { Meddler } from '../support/meddler.ts'
import { enterAt, until } from '../support/through-proxy.ts'

test.each(Array.from({ length: 2 }, (_, i) => i + 1))(
  'an intermediary delays, repeats and drops requests: all messages arrive in order, and once (P-HT-2, seed %i)',
  async (seed) => {
    const hub = new Hub({
      authenticate: ({ token }) => (token === null ? null : { id: token }),
      authorize: () => true,
      runtime: fast,
      timeouts: { heartbeat: 29_000, heartbeatGrace: 29_000 },
    })
    onTestFinished(() => hub.close({ deadline: 0 }))
    const { fetch } = httpHandler(hub, { path: '/chat' })
    const meddler = new Meddler((request) => fetch(request), seed)
    const url = 'http://chat.example/chat'
    const alice = await enterAt(url, 'alice', { fetch: meddler.fetch })
    const bob = await enterAt(url, 'bob', {
      fetch: async (at, init) => (await fetch(new Request(at, init))) ?? new Response(),
    })

    const ended: Promise<string>[] = []
    for (let i = 0; i < 40; i++) {
      ended.push(alice.say(`alice ${i}`))
      await hub.to('#lobby').send('say', `hub ${i} ${'x'.repeat(i * 10)}`)
      if (i % 3 === 0) await ended.at(-1)
    }
    expect(new Set(await Promise.all(ended))).toEqual(new Set(['ok']))
    meddler.meddling = false

    await until(() => expect(bob.heard).toHaveLength(80))
    await until(() => expect(alice.heard).toEqual(bob.heard))
    expect(new Set(bob.heard).size).toBe(80)
    const mine = bob.heard.filter((text) => String(text).startsWith('alice'))
    expect(mine).toEqual(ended.map((_, i) => `alice ${i}`))
    expect(meddler.did).toBeGreaterThan(0)
  },
)
