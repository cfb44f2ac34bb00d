import type { ProtocolClient } from '@chat/testing/conformance'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hubOf, welcomed } from '../clients.ts'
import { type Example, startExample } from '../example.ts'

// With the real timeouts of the example.
vi.setConfig({ hookTimeout: 60_000 })

let example: Example
beforeAll(async () => {
  example = await startExample()
})
afterAll(() => example.stop())

const client = (token: string, hello: object = {}): Promise<ProtocolClient> =>
  welcomed(hubOf(example), { token, ...hello })

/** Calls back with each ping of the hub. */
function onPing({ socket }: ProtocolClient, callback: () => void): void {
  socket.addEventListener('message', ({ data }) => {
    if (String(data).startsWith('["ping"')) callback()
  })
}

/** Waits for the close code, without a timeout. */
const closeCode = ({ socket }: ProtocolClient): Promise<number> =>
  new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))

describe('in the long run', () => {
  test.concurrent('the hub pings after 25 s of silence, and closes with 4012 after 50 s (P-LV-1)', async () => {
    const silent = await client('silent')
    const started = Date.now()
    const closed = closeCode(silent)
    const pinged = new Promise<number>((resolve) => onPing(silent, () => resolve(Date.now() - started)))
    expect(await pinged).toBeGreaterThan(23_000)
    expect(await pinged).toBeLessThan(32_000)
    expect(await closed).toBe(4012)
    expect(Date.now() - started).toBeGreaterThan(48_000)
    expect(Date.now() - started).toBeLessThan(62_000)
  }, 90_000)

  test.concurrent('a client that answers the pings stays (P-LV-1)', async () => {
    const patient = await client('patient')
    onPing(patient, () => patient.write(['pong']))
    const ended = new Promise<string>((resolve) => setTimeout(() => resolve('still there'), 60_000))
    expect(await Promise.race([ended, closeCode(patient)])).toBe('still there')
    await patient.roundTrip()
    expect(patient.complaints).toEqual([])
  }, 90_000)

  test.concurrent('a client that never reads is closed, and no other client waits for it (P-LV-4)', async () => {
    const stalled = await client('stalled', { streams: { '#slow': null } })
    const closed = closeCode(stalled)
    stalled.pause()
    const senders = await Promise.all([1, 2, 3].map((n) => client(`sender-${n}`)))
    for (let n = 0; n < 90; n++)
      for (const sender of senders) await sender.succeed('send', '#slow', 'e', 'x'.repeat(60_000))
    const started = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 20_000))
    stalled.resume()
    expect([4008, 1006]).toContain(await closed)
    expect(Date.now() - started).toBeLessThan(30_000)
  }, 90_000)
})
