import { Batch, Frame } from '@chat/core/transport'
import { LocalPeer } from '@chat/testing/conformance'
import { describe, expect, it, vi } from 'vitest'
import { dial } from '../src/index.ts'
import { call, urlOf } from './support/control.ts'

const webkit = !('chrome' in globalThis) && !navigator.userAgent.includes('Firefox')
const large = Batch.root().append(new Frame(`["${'x'.repeat(250_000)}"]`))
const small = Batch.root().append(new Frame('["small"]'))

async function open(): Promise<{ bench: string; end: number; peer: LocalPeer }> {
  const bench = await call('startBench', { subprotocols: [], greeting: [], farewell: null })
  const { signal } = new AbortController()
  const peer = new LocalPeer(await dial(urlOf(bench))({ protocols: [], signal })).attach()
  return { bench, end: (await call('accepted', bench)).end, peer }
}

const drains = ({ log }: LocalPeer): number => log.filter(({ type }) => type === 'drain').length

describe('a page that writes faster than the browser', () => {
  it('is told to wait, and once to go on', async () => {
    const { bench, peer } = await open()
    expect(peer.write(small)).toBe(true)
    for (let i = 0; i < 40; i++) peer.write(large)
    expect(peer.write(small)).toBe(false)
    expect(peer.connection.bufferedAmount).toBeGreaterThan(64 * 1024)
    await vi.waitFor(() => expect(drains(peer)).toBe(1), { timeout: 10_000 })
    expect(peer.connection.bufferedAmount).toBeLessThanOrEqual(64 * 1024)
    expect(peer.write(small)).toBe(true)
    await call('stopBench', bench)
  })

  it.skipIf(webkit)('waits for a hub that does not read [WebKit counts it as written]', async () => {
    const { bench, end, peer } = await open()
    await call('pause', bench, end)
    const held = (): number => peer.connection.bufferedAmount
    await vi.waitFor(
      async () => {
        while (peer.write(large));
        const [before, drained] = [held(), drains(peer)]
        await new Promise((resolve) => setTimeout(resolve, 100))
        expect([held() > 64 * 1024, held(), drains(peer)]).toEqual([true, before, drained])
      },
      { timeout: 10_000 },
    )
    const before = drains(peer)
    await call('resume', bench, end)
    await vi.waitFor(() => expect(drains(peer)).toBe(before + 1), { timeout: 10_000 })
    await call('stopBench', bench)
  })
})
