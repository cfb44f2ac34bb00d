import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime/system-runtime.ts'
import { position, stage } from '../../support/stage.ts'

/** The same configuration, as a process has it at each start: only random values differ. */
function configuration(s: ReturnType<typeof stage>) {
  return {
    authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
    authorize: () => true,
    runtime: { ...s.time.runtime('hub'), id: systemRuntime.id, random: systemRuntime.random },
  }
}

describe('a hub restart with the same configuration', () => {
  test('P-PB-5: with the same log, no id comes twice, and offsets go on', async () => {
    const s = stage()
    const ids: string[] = []
    const offsets: number[] = []
    const nodes = new Set<string>()
    for (let start = 2; start < 12; start++) {
      const hub = s.another(configuration(s))
      nodes.add(hub.node)
      const alice = await s.client('alice', {}, start)
      const [own, hers] = [await hub.to('#a').send('say', 1), await alice.request('send', '#a', 'say', 2)]
      for (const [, at, id] of [own.position, position(hers.ok ? (hers.result as object) : {})]) {
        ids.push(id ?? '')
        offsets.push(at)
      }
      const closed = hub.close({ deadline: 1 })
      await s.advance(5_000)
      await closed
    }
    expect(nodes.size).toBe(10)
    expect(new Set(ids).size).toBe(20)
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test('P-ST-1: with a new log, offsets begin again in another epoch, so no position means two messages', async () => {
    const s = stage()
    const positions = new Set<string>()
    let before: unknown = null
    for (let start = 2; start < 12; start++) {
      const hub = s.another({ ...configuration(s), backplane: undefined })
      const alice = await s.client('alice', before === null ? {} : { streams: { '#a': before } }, start)
      // Positions of the earlier hub are a gap here, and are never valid.
      if (before !== null)
        expect(alice.welcome.streams['#a']).toMatchObject({ mode: 'gap', reason: 'absent' })
      const sent = await hub.to('#a').send('say', start)
      positions.add(`${sent.position[0]} ${sent.position[1]}`)
      const again = await s.client('alice', before === null ? {} : { streams: { '#a': before } }, start)
      if (before !== null) expect(again.welcome.streams['#a']).toMatchObject({ mode: 'gap', reason: 'epoch' })
      before = position(sent)
    }
    expect(positions.size).toBe(10)
  })

  test('P-HS-4: without its record, a session is not resumed, and its id is not used again', async () => {
    const s = stage()
    const ids = new Set<string>()
    let session: object | null = null
    for (let start = 2; start < 12; start++) {
      s.another({ ...configuration(s), backplane: undefined })
      const alice = await s.client('alice', session === null ? {} : { session: { ...session, n: 1 } }, start)
      expect(alice.welcome.resumed).toBe(false)
      ids.add(alice.id)
      session = alice.welcome.session
    }
    expect(ids.size).toBe(10)
  })
})
