import { describe, expect, test } from 'vitest'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

describe('repeating a send', () => {
  test('after a resume is answered as the first time, with dup (P-PB-2)', async () => {
    const to = room()
    const first = await stage.welcomed()
    const sent = await first.ok('send', to, 'e', { a: 1 })
    await first.cut()
    const back = await stage.resume(first, 1)
    await back.welcomed()
    const again = await back.askAs(1, 'send', to, 'e', { a: 1 })
    expect(again.result).toEqual({ ...sent, dup: true })
    await stage.expectHistory(to, ['e'])
  })

  test('after a resume with other data is a conflict, and stores nothing (P-PB-2)', async () => {
    const to = room()
    const first = await stage.welcomed()
    await first.ok('send', to, 'e', 1)
    const back = await stage.resume(first, 1)
    await back.welcomed()
    expect((await back.askAs(1, 'send', to, 'e', 2)).code).toBe('conflict')
    expect((await back.askAs(1, 'send', to, 'f', 1)).code).toBe('conflict')
    await stage.expectHistory(to, ['e'])
  })

  test('in a fresh session is another message (P-PB-2, P-PB-8)', async () => {
    const to = room()
    const user = name()
    for (const _ of [1, 2]) {
      const peer = await stage.welcomed({ user })
      expect((await peer.askAs(1, 'send', to, 'e', 1)).result.dup ?? false).toBe(false)
    }
    await stage.expectHistory(to, ['e', 'e'])
  })

  test('a call may be repeated with its ref on a new connection (P-PB-7)', async () => {
    const first = await stage.welcomed()
    expect((await first.askAs(4, 'call', 'nobody', 1)).code).toBe('not_found')
    const back = await stage.resume(first, 1)
    await back.welcomed()
    expect((await back.askAs(4, 'call', 'nobody', 1)).code).toBe('not_found')
  })
})
