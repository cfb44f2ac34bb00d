import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

describe('the id of a send', () => {
  test('is known when the message is written, and the same for its repetitions (P-PB-5)', () =>
    play(async (stage) => {
      const ids: string[] = []
      const client = stage.client()
      stage.watch(client.to('#a').send('say', 1, { onId: (id) => ids.push(id) }))
      expect(ids).toEqual([])
      await stage.settle()
      expect(ids).toEqual(['session1.1'])
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(ids).toEqual(['session1.1', 'session1.1'])
    }))

  test('is told once, also when the application sends another message then', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const ids: string[] = []
      const first = {
        onId: (id: string) => {
          ids.push(id)
          stage.watch(client.to('#a').send('say', 2, { onId: (next) => ids.push(next) }))
        },
      }
      stage.watch(client.to('#a').send('say', 1, first))
      await stage.settle()
      expect(ids).toEqual(['session1.1', 'session1.2'])
      expect(stage.hub.at().of('send')).toHaveLength(2)
    }))

  test('is another when the hub has refused the message for a limit (P-PB-11)', () =>
    play(async (stage) => {
      let left = 1
      stage.hub.script['send'] = (connection, [, ref]) => {
        const extra = { retryAfter: 200, detail: { limit: 'rate' } }
        if (left-- > 0) connection.write(['err', ref, 'rate_limited', 'over the rate', extra])
        else connection.write(['ok', ref, { epoch: 'e1', at: 1, id: `session1.${ref}` }])
      }
      const client = await stage.connected()
      const ids: string[] = []
      const outcome = stage.watch(client.to('#a').send('say', 1, { onId: (id) => ids.push(id) }))
      await stage.advance(2_000)
      expect(ids).toEqual(['session1.1', 'session1.2'])
      expect(outcome.value).toMatchObject({ id: 'session1.2' })
    }))

  test('tells the own copy apart, which comes back before the promise resolves', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
      const client = await w.client(hub, 'alice')
      const room = client.join('#a')
      const seen: (readonly [string | null, string])[] = []
      let sending = ''
      room.on('say', (_data, { id }) => seen.push([id, sending]))
      await room.ready
      const { id } = await room.send('say', 'hi', {
        onId: (own) => {
          sending = own
        },
      })
      await w.settle()
      expect(seen).toEqual([[id, id]])
    }))

  test('stays with the send when the callback throws, whose error goes to $error', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      const client = await stage.connected()
      const errors: unknown[] = []
      client.on('$error', ({ error, subject }) => errors.push(subject, error))
      const broken = new Error('broken')
      const outcome = stage.watch(
        client.to('#a').send('say', 1, {
          onId: () => {
            throw broken
          },
        }),
      )
      await stage.settle()
      expect(outcome.state).toBe('resolved')
      expect(errors).toEqual(['#a', broken])
    }))

  test('goes to a function: any other value is refused', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1, { onId: 'x' as never }))
      await stage.settle()
      expect(String(outcome.error)).toContain('the option \'onId\' must be a function, but is "x"')
    }))
})
