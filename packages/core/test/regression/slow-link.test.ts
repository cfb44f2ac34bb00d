import { describe, expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'
import { stage } from '../support/stage.ts'

// A link of a kilobyte a second: a client waits 10 s for its welcome, a page 35 s for the next whole message, and the hub 50 s for a sign of life.
describe('behind a slow link', () => {
  test('the welcome does not wait for the replay that follows it, and the replay comes in pieces that get through', async () => {
    const s = stage()
    const alice = await s.client('alice', { streams: { '#a': null } })
    const [first] = await s.publish('#a', 'first')
    await s.drop(alice)
    await s.publish('#a', ...Array(100).fill('x'.repeat(1_000)))

    const again = await s.resume(alice, { streams: { '#a': first?.position } })

    const [welcome = '', ...replay] = again.transmissions
    expect(welcome.split('\n')).toHaveLength(1)
    expect(again.frames('msg')).toHaveLength(100)
    expect(Math.max(...replay.map(({ length }) => length))).toBeLessThanOrEqual(16 * 1024)
  })

  test('a client that has had nothing to say for one and a half heartbeats says pong, for the hub’s ping may still be on its way (P-LV-1)', () =>
    play(async (stage) => {
      stage.hub.welcome = { heartbeat: 10_000, grace: 5_000 }
      await stage.connected()
      for (let second = 0; second < 32; second++) {
        await stage.advance(1_000)
        stage.hub.at().write(['news', second])
      }
      expect(stage.hub.at().types).toEqual(['hello', 'pong', 'pong'])
      expect(stage.hub.connections).toHaveLength(1)
    }))
})
