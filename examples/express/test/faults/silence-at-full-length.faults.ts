import { describe, expect, test } from 'vitest'
import { name, room, Stage } from '../support/stage.ts'

// With the timeouts that the example really has.
const stage = Stage.use({ together: true })

describe('in the long run', () => {
  test.concurrent('the hub pings after 25 s of silence, and closes with 4012 after 50 s (P-LV-1)', async () => {
    const peer = await stage.welcomed()
    const started = Date.now()
    const pinged = new Promise<number>((resolve) => {
      peer.socket.on('message', (data) => String(data).startsWith('["ping"') && resolve(Date.now() - started))
    })
    expect(await pinged).toBeGreaterThan(23_000)
    expect(await pinged).toBeLessThan(32_000)
    expect((await peer.closed).code).toBe(4012)
    expect(Date.now() - started).toBeGreaterThan(48_000)
    expect(Date.now() - started).toBeLessThan(62_000)
  }, 90_000)

  test.concurrent('who answers the pings stays (P-LV-1)', async () => {
    const peer = await stage.welcomed()
    peer.socket.on('message', (data) => String(data).startsWith('["ping"') && peer.write(['pong']))
    const ended = new Promise<string>((resolve) => setTimeout(() => resolve('still there'), 60_000))
    expect(await Promise.race([ended, peer.closed])).toBe('still there')
    await peer.alive()
  }, 90_000)

  test.concurrent('who never reads is closed, and nobody else waits for it (P-LV-4)', async () => {
    const to = room()
    const stalled = await stage.welcomed({ user: name(), hello: { streams: { [to]: null } } })
    stalled.socket.pause()
    const senders = await Promise.all([1, 2, 3].map(() => stage.welcomed()))
    for (let n = 0; n < 90; n++)
      for (const sender of senders) await sender.ok('send', to, 'e', 'x'.repeat(60_000))
    const started = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 20_000))
    stalled.socket.resume()
    const { code } = await stalled.closed
    expect([4008, 1006]).toContain(code)
    expect(Date.now() - started).toBeLessThan(30_000)
  }, 90_000)
})
