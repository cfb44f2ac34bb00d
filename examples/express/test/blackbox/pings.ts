import { describe, expect, test } from 'vitest'
import { stage } from '../support/shared.ts'

describe('ping (P-LV-1)', () => {
  test('without t is answered without one', async () => {
    const peer = await stage.welcomed()
    peer.write(['ping'])
    expect(await peer.next('pong')).toEqual(['pong'])
  })

  test.each([0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1)])('with %i is answered with it', async (t) => {
    const peer = await stage.welcomed()
    peer.write(['ping', t])
    expect(await peer.next('pong')).toEqual(['pong', t])
  })

  test('of several the newest is answered, of the others any, in order (P-LV-4)', async () => {
    const peer = await stage.welcomed()
    peer.write(...Array.from({ length: 200 }, (_, n) => ['ping', n]))
    await peer.until('the newest', () => peer.all('pong').some(([, t]) => t === 199) || undefined)
    const answered = peer.all('pong').map(([, t]) => t as number)
    expect(answered).toEqual([...new Set(answered)].sort((a, b) => a - b))
    expect(answered.at(-1)).toBe(199)
  })

  test('a pong that nobody asked for is ignored', async () => {
    const peer = await stage.welcomed()
    peer.write(['pong'], ['pong', 7], ['pong', -1])
    await peer.alive()
    expect(peer.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
  })
})
