import { expect } from 'vitest'
import { attack } from '../attack.ts'

const deadline = 1_500

attack(
  'clients that ignore the end of the hub, and never read (S-24)',
  { quick: true, closes: true },
  async (scene) => {
    const all = await scene.intruders(100, (i) => ({
      user: `deaf-${i}`,
      hello: { streams: { '#busy': null } },
    }))
    for (const { socket } of all) socket.pause()
    await scene.fill({ address: '#busy', count: 20, bytes: 30_000 })
    const after = await scene.closeHub(deadline)
    scene.note({ 'closed after ms': Math.round(after), deadline })
    expect(after, 'milliseconds until the hub is closed').toBeLessThan(deadline + 1_000)
  },
)
