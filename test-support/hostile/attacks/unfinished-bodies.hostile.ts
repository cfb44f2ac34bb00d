import { expect } from 'vitest'
import { attack } from '../attack.ts'
import { HttpIntruder } from '../http-intruder.ts'

const streams = 100
const kibibyte = 1_024

attack(
  'a hundred bodies over HTTP in chunks of a byte, and as many that never end (SEC-04)',
  {},
  async (scene) => {
    const before = await scene.measure()
    const all = await Promise.all(Array.from({ length: streams }, () => HttpIntruder.open(scene.port)))
    scene.onEnd(() => {
      for (const each of all) each.leave()
    })
    const posts = await Promise.all(all.map((each) => each.begin({ 'transfer-encoding': 'chunked' })))
    for (const [n, post] of posts.entries()) {
      // A chunk of one byte is written as it would be on the wire, many in one packet.
      if (n % 2 === 0) post.write('x'.repeat(200_000))
      else for (let byte = 0; byte < 4_000; byte++) post.write('x')
    }
    await scene.goesOn(2_000)
    const during = await scene.measure()
    for (const post of posts) post.destroy()
    const each = (during.heap - before.heap) / streams / kibibyte
    scene.note({ 'KiB each': Math.round(each) })
    expect(each, 'kibibytes for each body').toBeLessThan(96)
  },
)
