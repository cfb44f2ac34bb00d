import { expect } from 'vitest'
import { attack } from '../attack.ts'

const bytes = 48_000_000
const users = 20
const perUser = 100

attack(
  'messages whose data takes many times its text as objects, until the log is full (SEC-13)',
  { heap: 512, hub: { log: { bytes } }, peak: 160, keeps: 80 },
  async (scene) => {
    const data = Array.from({ length: 20_000 }, () => ({}))
    const all = await scene.intruders(users, (i) => ({ user: `filler-${i}` }))
    for (let n = 0; n < perUser; n += 4) {
      for (const [i, each] of all.entries())
        each.write(...Array.from({ length: 4 }, () => each.frame('send', `#objects-${i}`, 'say', data)))
      await Promise.all(all.map((each) => each.answered()))
    }
    const stored = all.reduce((sum, each) => sum + each.count('ok'), 0)
    scene.note({ stored, 'log MB': bytes / 1e6 })
    expect(stored, 'messages that were stored').toBeGreaterThan((users * perUser) / 2)
  },
)
