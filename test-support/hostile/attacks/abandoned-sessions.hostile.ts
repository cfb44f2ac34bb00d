import { attack } from '../attack.ts'

const sessions = 8_000

attack(
  '8 000 sessions of as many users, each abandoned at once (SEC-18)',
  { peak: 96, keeps: 40 },
  async (scene) => {
    for (let n = 0; n < sessions; n += 100) {
      const short = await scene.intruders(100, (i) => ({
        user: `short-${n + i}`,
        hello: { streams: { '#news': null } },
      }))
      for (const each of short) each.leave()
    }
    scene.note({ sessions })
  },
)
