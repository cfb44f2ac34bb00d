import { handleAsk, watchPresence } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'
import { carried, uncarried } from '../../support/uncarried-values.ts'

describe.each(uncarried)('%s', (_, value, named) => {
  const refused = { code: 'bad_payload', message: expect.stringContaining(named), detail: pathOf(/^deep\.0/) }

  test('is refused as bad_payload, with its path, before a client writes it', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const data = { deep: [value] }
      await expect(client.to('#a').send('say', data)).rejects.toMatchObject(refused)
      await expect(room.send('say', data)).rejects.toMatchObject(refused)
      await expect(client.call('buy', data)).rejects.toMatchObject(refused)
      const here = watchPresence(room)
      for (const act of [
        () => client.to('#a').cast('say', data),
        () => room.cast('say', data),
        () => here.set(data),
        () => client.join('#b', { state: data }),
      ])
        expect(act).toThrow(expect.objectContaining(refused))
      await stage.settle()
      const written = stage.hub.at().types
      expect(written.filter((type) => !['hello', 'join', 'who'].includes(type))).toEqual([])
      expect(stage.hub.at().of('join')).toHaveLength(1)
      expect(client.status).toBe('connected')
    }))

  test('is no answer to an ask: the hub gets `internal`, and the application the path', () =>
    play(async (stage) => {
      const client = await stage.connected()
      handleAsk(client, 'confirm', () => ({ deep: [value] }))
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'internal', expect.any(String)]])
      expect(client.said.errors).toMatchObject([{ subject: 'confirm', error: { cause: refused } }])
    }))
})

test.each(carried)('%s is written as JSON has it', (_, value, received) =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.watch(client.to('#a').send('say', value))
    client.to('#a').cast('say', value)
    await stage.settle()
    expect(stage.hub.at().of('send')[0]?.[4]).toEqual(received)
    expect(stage.hub.at().of('cast')[0]?.[3]).toEqual(received)
  }),
)

test.each([[new Map([['a', 1]])], [new Date(0)], [new Headers({ a: 'b' })]])(
  'meta is a plain object, so %s is refused',
  (meta) =>
    play(async (stage) => {
      const client = await stage.connected()
      await expect(client.to('#a').send('say', 1, { meta: meta as never })).rejects.toThrow(
        "unable to send: the option 'meta' must be an object of strings",
      )
    }),
)

test('a presence state that is undefined becomes null, and the client stays connected', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const here = watchPresence(client.join('#a'))
    await stage.settle()
    here.set(undefined)
    await stage.settle()
    expect(stage.hub.at().of('state')).toMatchObject([['state', expect.any(Number), '#a', null]])
  }))

/** Matches the detail of an error whose path, joined by dots, begins so. */
function pathOf(beginning: RegExp): unknown {
  return expect.toSatisfy((detail: { path: string[] }) => beginning.test(detail.path.join('.')))
}
