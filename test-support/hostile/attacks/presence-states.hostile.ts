import { expect } from 'vitest'
import { attack } from '../attack.ts'

const members = 60
const rooms = 100

attack(
  'presence states of 16 KB with many small objects, in 100 rooms of each member (SEC-14)',
  { hub: { presence: true, log: { bytes: 64_000_000 } }, heap: 256, peak: 96, keeps: 48 },
  async (scene) => {
    const state = Array.from({ length: 5_000 }, () => ({}))
    const all = await scene.intruders(members, (i) => ({ user: `member-${i}` }))
    for (let room = 0; room < rooms; room += 4) {
      for (const [n, each] of all.entries())
        each.write(
          ...Array.from({ length: 4 }, (_, i) => each.frame('join', `#r${n}-${room + i}`, { state })),
        )
      await Promise.all(all.map((each) => each.answered()))
    }
    const joined = all.reduce((sum, each) => sum + each.count('ok'), 0)
    scene.note({ joined, 'MB of text': Math.round((joined * 15_000) / 1e6) })
    expect(joined, 'members with their states').toBeGreaterThan(500)
    await scene.goesOn(12_000)
  },
)
