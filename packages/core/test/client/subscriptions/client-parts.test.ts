import { clientParts, UsageError } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'

describe('the parts of a client', () => {
  test('come from a room or a target: the clock of the client, its user, and its errors', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
      const client = await w.client(hub, 'alice')
      const errors: unknown[] = []
      client.on('$error', (error) => errors.push(error))
      for (const parts of [clientParts(client.join('#a')), clientParts(client.to('*'))]) {
        expect(parts.user).toBe('alice')
        let rang = false
        parts.runtime.timer(1_000, () => {
          rang = true
        })
        await w.advance('2s')
        expect(rang).toBe(true)
        parts.report('broken', 'a store')
      }
      expect(errors).toEqual([
        { error: 'broken', subject: 'a store' },
        { error: 'broken', subject: 'a store' },
      ])
    }))

  test('tell the end of a room', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
      const room = (await w.client(hub, 'alice')).join('#a')
      const parts = clientParts(room)
      await room.ready
      expect(parts.ended).toBeNull()
      await hub.to('#a').remove('@alice')
      await w.settle()
      expect(parts.ended?.code).toBe('forbidden')
    }))

  test('come from nothing else', () => {
    expect(() => clientParts({} as never)).toThrow(UsageError)
    expect(() => clientParts(undefined as never)).toThrow('give a room, or a target as client.to returns it')
  })
})
