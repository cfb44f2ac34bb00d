import { expect } from 'vitest'
import { attack } from '../attack.ts'

const addresses = 30_000
const kibibyte = 1_024

attack(
  'one small message at each of 30 000 addresses, and what they take in memory (SEC-14)',
  {
    hub: { log: { bytes: 64_000_000 }, limits: { rate: 20_000, burst: 20_000 } },
    peak: 96,
    keeps: 48,
  },
  async (scene) => {
    const { heap } = await scene.measure()
    const mallory = await scene.intruder()
    for (let n = 0; n < addresses; n += 60) {
      mallory.write(...Array.from({ length: 60 }, (_, i) => mallory.frame('send', `#a${n + i}`, 'say', 1)))
      await mallory.answered()
    }
    const each = ((await scene.measure()).heap - heap) / addresses
    scene.note({ stored: mallory.count('ok'), 'bytes each': Math.round(each) })
    // The store counts the log, its entry, and the answer to a repetition: about 800 bytes.
    expect(each, 'bytes for each address').toBeLessThan(2 * kibibyte)
  },
)
