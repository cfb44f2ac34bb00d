import { handleAsk, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'

const rule = 'must be an object of strings, finite numbers, booleans and nulls, at most 2048 bytes'
const meta = { of: 'session1.1', rank: 1 }

describe('the meta of a client', () => {
  test('P-MT-2: is the last element of a send and a call, and an option of a cast', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      stage.watch(room.send('say', 1, { meta }))
      stage.watch(client.to('#a').send('say', undefined, { meta }))
      stage.watch(client.call('rename', { name: 'x' }, { meta }))
      room.cast('typing', 1, { meta })
      client.to('#a').cast('typing', 2, { key: 'k', meta })
      await stage.settle()
      const hub = stage.hub.at()
      expect(hub.of('send').map((frame) => frame.slice(2))).toEqual([
        ['#a', 'say', 1, meta],
        ['#a', 'say', null, meta],
      ])
      expect(hub.of('call').map((frame) => frame.slice(2))).toEqual([['rename', { name: 'x' }, meta]])
      expect(hub.of('cast')).toEqual([
        ['cast', '#a', 'typing', 1, { meta }],
        ['cast', '#a', 'typing', 2, { key: 'k', meta }],
      ])
    }))

  test.each([
    [null],
    ['text'],
    [{ tags: [] }],
    [{ n: Number.NaN }],
    [{ end: 'done' }],
    [{ $x: 1 }],
    [{ x: 'x'.repeat(2_048) }],
  ])('P-MT-3, P-MT-5: %j is refused in the call, and never reaches the hub', (given) =>
    play(async (stage) => {
      const client = await stage.connected()
      const options = { meta: given as never }
      for (const use of [
        async () => client.to('#a').send('say', 1, options),
        async () => client.to('#a').cast('say', 1, options),
        async () => client.call('say', 1, options),
      ]) {
        await expect(use()).rejects.toBeInstanceOf(UsageError)
        await expect(use()).rejects.toThrow(rule)
      }
      await stage.settle()
      expect([...stage.hub.at().of('send'), ...stage.hub.at().of('cast')]).toEqual([])
    }),
  )

  test('P-MT-1, P-MT-4: comes with each message and ask, and the time with each message', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const seen: unknown[] = []
      client.on('say', (_, { time, meta: given }) => seen.push([time, given]))
      handleAsk(client, 'confirm', (_, context) => seen.push(context.meta))
      await stage.settle()
      stage.hub
        .at()
        .write(
          msg('*', 1, { time: 7, meta }),
          msg('*', 2, { time: 6 }),
          ['ask', 1, 'confirm', null, meta],
          ['ask', 2, 'confirm', null],
        )
      await stage.settle()
      expect(seen).toEqual([[7, meta], [6, null], meta, null])
    }))
})
