import { expect } from 'vitest'
import { attack } from '../attack.ts'

const readers = 10
const duration = 5_000
/** Each reader may have 16 answers of 256 KiB under way: 40 MB besides the log, and as much garbage. */
const peak = 96
const megabyte = 1_048_576

attack(
  'pages of history with many small objects, asked for without a pause (SEC-13)',
  { peak },
  async (scene) => {
    await scene.fill({ address: '#objects', count: 100, bytes: 60_000, data: 'objects' })
    const all = await scene.intruders(readers, (i) => ({ user: `reader-${i}` }))
    await scene.mark()
    const end = performance.now() + duration
    while (performance.now() < end) {
      for (const each of all) each.write(...Array.from({ length: 16 }, () => each.frame('read', '#objects')))
      await Promise.all(all.map((each) => each.answered()))
      await scene.goesOn(5)
    }
    const { written } = await scene.measure()
    // For each reader a burst of 100 units of 16 KiB, 50 a second, and the pages that begin within them.
    const allowed = readers * ((100 + (50 * (duration + 2_000)) / 1_000) * 16_384 + 16 * 262_144)
    scene.note({ 'MB written': Math.round(written / megabyte) })
    expect(written / megabyte, 'megabytes that the hub has written').toBeLessThan(allowed / megabyte)
  },
)
