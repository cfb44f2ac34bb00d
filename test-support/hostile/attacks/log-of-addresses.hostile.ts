import { expect } from 'vitest'
import { attack } from '../attack.ts'

const addresses = 30_000
const kibibyte = 1_024
const megabyte = 1_048_576
/**
 * Budget of a small log, the users who share it, and the messages of each. The answers to repetitions may take
 * half of the log, so messages wait for some seconds until there is room for further answers.
 */
const bytes = 8_000_000
const users = 16
const messages = 1_200

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

attack(
  'a log of 8 MB that is full of small messages, one for each address, and what it takes in memory (SEC-14)',
  {
    hub: { log: { bytes }, limits: { rate: 20_000, burst: 20_000 } },
    peak: 64,
    keeps: 32,
    stands: 6_000,
  },
  async (scene) => {
    const all = await scene.intruders(users, (n) => ({ user: `mallory-${n}` }))
    const before = await scene.measure()
    for (let n = 0; n < messages; n += 60)
      for (const [user, mallory] of all.entries()) {
        const address = (i: number): string => `#a${user}-${n + i}`
        mallory.write(...Array.from({ length: 60 }, (_, i) => mallory.frame('send', address(i), 'say', 1)))
        await mallory.answered()
      }
    const after = await scene.measure()
    const held = (after.heap - before.heap) / megabyte
    const counted = (after.counted - before.counted) / megabyte
    const stored = all.reduce((sum, mallory) => sum + mallory.count('ok'), 0)
    scene.note({ stored, 'MB held': held.toFixed(1), 'MB counted': counted.toFixed(1) })
    expect(counted, 'megabytes that are counted').toBeGreaterThan(5)
    expect(held / counted, 'held for each counted byte').toBeLessThan(3)
  },
)
