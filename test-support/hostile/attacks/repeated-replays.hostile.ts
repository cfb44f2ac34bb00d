import { expect } from 'vitest'
import { attack } from '../attack.ts'

const duration = 10_000
const megabyte = 1_048_576

attack('joins that ask for the same long replay again and again (SEC-13)', { keeps: 32 }, async (scene) => {
  await scene.fill({ address: '#long', count: 250, bytes: 60_000 })
  const mallory = await scene.intruder()
  await scene.mark()
  const end = performance.now() + duration
  const epoch = await epochOf(scene.port)
  while (performance.now() < end && mallory.closed === null) {
    mallory.write(mallory.frame('join', '#long', { since: [epoch, 0, null] }))
    await scene.goesOn(20)
  }
  const { written } = await scene.measure()
  scene.note({ 'MB written': Math.round(written / megabyte), limited: mallory.count('rate_limited') })
  // A burst of 5 000 units of 16 KiB, 500 a second, and the replay that begins within them.
  const allowed = (5_000 + (500 * (duration + 2_000)) / 1_000) * 16_384 + 16 * megabyte
  expect(written / megabyte, 'megabytes that the hub has written').toBeLessThan(allowed / megabyte)
})

async function epochOf(port: number): Promise<string> {
  const { Client } = await import('@chat/core')
  const { dial } = await import('@chat/node-ws')
  const client = new Client({ dial: dial(`http://127.0.0.1:${port}/chat`), token: 'reader' })
  const { epoch } = await client.history('#long', { limit: 1 })
  client.close()
  return epoch
}
