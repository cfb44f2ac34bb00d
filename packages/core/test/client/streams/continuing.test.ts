import type { StreamReader } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, type RawFrame, replay } from '../../support/fake-hub.ts'
import {
  address,
  beginning,
  end,
  head,
  id,
  loop,
  part,
  reading,
  result,
  type Scene,
} from '../../support/scripted-streams.ts'

/** Begins a stream that is read, with a part 'a'. */
async function begin({ stage, readers, say }: Scene): Promise<StreamReader<string>> {
  await say(head(1))
  const [reader] = readers
  if (reader === undefined) throw new Error('there is no reader')
  void reader.result
  await stage.settle()
  await say(part(1, 'a'))
  return reader
}

/** Breaks the connection, and waits for the next. */
async function reconnect({ stage }: Scene): Promise<void> {
  stage.hub.at().cut()
  await stage.advance(3_000)
}

/** The addresses and positions of the newest `hello`. */
const hello = ({ stage }: Scene): Record<string, unknown> =>
  stage.hub.at().hello['streams'] as Record<string, unknown>

/** Answers reads of the log of `#a` with these messages. */
function keep({ stage }: Scene, ...messages: readonly RawFrame[]): void {
  stage.hub.script['read'] = (connection, [, ref, , range]) => {
    const { after = 0 } = range as { after?: number }
    const found = messages.filter(([, , at]) => (at as number) > after)
    connection.write(['ok', ref, { epoch: 'e1', base: 0, top: 9, messages: found, more: false }])
  }
}

/** Refuses joins of a stream. */
function refuse({ stage }: Scene, code: string): void {
  const { join } = stage.hub.script
  stage.hub.script['join'] = (connection, frame) =>
    String(frame[2]).startsWith('^')
      ? connection.write(['err', frame[1], code, 'refused'])
      : join?.(connection, frame)
}

describe('after a reconnect', () => {
  test('a reader goes on from the place up to which it has the value (P-SM-4)', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      const read = loop(reader)
      const place = ['s1', 1, `${id}-1`] as const
      stage.hub.streams.set(address, replay(place))
      stage.hub.streams.set('#a', live(1))
      await reconnect(scene)
      expect(hello(scene)[address]).toEqual(place)
      await say(part(2, 'b'), end(3))
      expect(read).toEqual({ parts: ['a', 'b'], ended: true })
    }))

  test('a reader that has got nothing yet gives no position', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      await say(head(1, 'Hel'))
      stage.hub.script['join'] = () => {}
      void readers[0]?.result
      await stage.settle()
      stage.hub.streams.set('#a', live(1))
      await reconnect(scene)
      expect(hello(scene)[address]).toBeNull()
      await say(part(1, 'Hel'), part(2, 'lo'))
      expect(readers[0]?.value).toBe('Hello')
    }))

  test('a reader that is not read, or has ended, is in no hello', () =>
    reading(async (scene) => {
      const { say, stage } = scene
      await begin(scene)
      await say(end(2), head(2, '', { id: 'node1234.2' }))
      stage.hub.streams.set('#a', live(2))
      await reconnect(scene)
      expect(Object.keys(hello(scene)).sort()).toEqual(['#a', '*', '@alice'])
    }))

  test('P-SM-5: entries that a hub has joined are one part, from the place of the reader', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1, 'Hel'))
      const [answer] = readers
      if (answer === undefined) throw new Error('there is no reader')
      const read = loop(answer)
      await stage.settle()
      const [type, ...joined] = part(4, 'Hello you', { prev: 0 })
      await say([type, ...joined.slice(0, 8), { stream: true }])
      await say(part(9, ' there', { prev: 4 }), end(10, { state: 'done' }, { prev: 9 }))
      expect(read).toEqual({ parts: ['Hel', 'lo you', ' there'], ended: true })
      expect(await answer.result).toMatchObject({ state: 'done', value: 'Hello you there', complete: true })
    }))

  test('P-SM-5: a gap leads to the beginning: the value is empty, and everything comes again', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      const read = loop(reader)
      stage.hub.streams.set(address, { ...beginning(2, 's2'), mode: 'gap', reason: 'epoch' })
      stage.hub.streams.set('#a', live(1))
      await reconnect(scene)
      expect([reader.restarted, reader.value]).toEqual([1, ''])
      // The same ids as before: they are not compared.
      await say(part(1, 'a'), part(2, 'b'))
      expect(reader.value).toBe('ab')
      expect(read.parts).toEqual(['a', 'ab'])
    }))

  test('P-SM-5: so does a gap on an open connection', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      await say(part(2, 'b'), ['gap', address, 'trimmed', ['s1', 0, null]], part(2, 'ab', { prev: 0 }))
      expect([reader.restarted, reader.value]).toEqual([1, 'ab'])
      stage.hub.streams.set('#a', live(1))
      stage.hub.streams.set(address, replay(['s1', 2, `${id}-2`]))
      await reconnect(scene)
      expect(hello(scene)[address]).toEqual(['s1', 2, `${id}-2`])
    }))

  test('positions have no place in a stream, because nobody keeps the value', () =>
    reading(async (scene) => {
      await begin(scene)
      expect(Object.keys(scene.client.positions).sort()).toEqual(['#a', '*', '@alice'])
    }))
})

describe('a stream that is gone', () => {
  test('P-SM-10: is lost when no result is behind its head', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      refuse(scene, 'not_found')
      keep(scene, head(1, 'Hel'))
      await say(head(1, 'Hel'))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      expect(outcome.value).toMatchObject({ state: 'lost', value: 'Hel', complete: false })
      expect(stage.hub.at().of('read')).toMatchObject([['read', 3, '#a', { after: 1 }]])
    }))

  test('P-SM-10: has ended as its result tells, which the log of the parent has', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      refuse(scene, 'not_found')
      keep(
        scene,
        head(1, 'Hel'),
        result(2, 'no', 'done', { id: 'node1234.9' }),
        result(5, 'Hello', 'cancelled'),
      )
      await say(head(1, 'Hel'))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      expect(outcome.value).toMatchObject({ state: 'cancelled', value: 'Hello', complete: true })
      expect(readers).toHaveLength(1)
    }))

  test('P-SM-5: may go while it is read', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      keep(scene, head(1))
      await scene.say(['left', address, 'not_found', 'gone'])
      expect(await reader.result).toMatchObject({ state: 'lost', value: 'a', complete: false })
    }))

  test('is looked for again when the log cannot be read for now', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      stage.hub.script['read'] = (connection, [, ref]) =>
        connection.write(['err', ref, 'unavailable', 'later'])
      await say(['left', address, 'not_found', 'gone'])
      expect(reader.state).toBe('open')
      keep(scene, result(2, 'ab'))
      await stage.advance(1_100)
      expect(await reader.result).toMatchObject({ state: 'done', value: 'ab' })
    }))

  test('is lost when this client may not read the log', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      await say(['left', address, 'not_found', 'gone'])
      expect(await reader.result).toMatchObject({ state: 'lost', value: 'a' })
    }))
})

describe('a client that catches up', () => {
  test('P-SM-7: joins no stream before it knows that its result does not follow', () =>
    reading(async (scene) => {
      const { stage, readers, say, joined } = scene
      stage.hub.streams.set('#a', { ...replay(['e1', 0, null], 3) })
      await reconnect(scene)
      await say(head(1), head(2, 'x', { id: 'node1234.2' }))
      for (const reader of readers) void reader.result
      await stage.settle()
      expect(joined().filter((joined) => joined.startsWith('^'))).toEqual([])
      await say(result(3, 'whole'))
      expect(joined().filter((joined) => joined.startsWith('^'))).toEqual(['^node1234.2/#a'])
      expect(readers[0]).toMatchObject({ state: 'done', value: 'whole' })
    }))

  test('joins after a while when the messages that it waits for are none', () =>
    reading(async (scene) => {
      const { stage, readers, say, joined } = scene
      stage.hub.streams.set('#a', { ...replay(['e1', 0, null], 2) })
      await reconnect(scene)
      await say(head(1))
      void readers[0]?.result
      await stage.advance(1_100)
      expect(joined()).toContain(address)
    }))
})

describe('a stream that the hub refuses', () => {
  test('P-SM-4: waits for a place while others are read', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      await begin(scene)
      const script = stage.hub.script['join']
      refuse(scene, 'too_large')
      await say(head(2, 'x', { id: 'node1234.2' }))
      void readers[1]?.result
      await stage.settle()
      expect(readers[1]?.state).toBe('open')
      if (script !== undefined) stage.hub.script['join'] = script
      await say(end(2))
      expect(stage.hub.at().of('join').at(-1)?.[2]).toBe('^node1234.2/#a')
    }))

  test('P-SM-4: is left when no other is read, and so when it is forbidden', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      for (const [index, code] of ['too_large', 'forbidden', 'unsupported'].entries()) {
        refuse(scene, code)
        await say(head(index + 1, 'x', { id: `node1234.${index + 1}` }))
        const outcome = stage.watch(readers[index]?.result as Promise<unknown>)
        await stage.settle()
        expect(outcome.value).toMatchObject({ state: 'left', value: 'x', error: { code } })
      }
    }))

  test.each(['unavailable', 'busy', 'rate_limited'])('is joined again after `%s`', (code) =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      const script = stage.hub.script['join']
      refuse(scene, code)
      await say(head(1))
      void readers[0]?.result
      await stage.settle()
      if (script !== undefined) stage.hub.script['join'] = script
      await stage.advance(1_100)
      await say(part(1, 'a'))
      expect(readers[0]?.value).toBe('a')
    }),
  )
})

describe('a reader is left', () => {
  const left = { state: 'left', value: 'a', complete: false }

  test('by `leave()`: its loops end, the client leaves the stream, and the result changes nothing', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      const read = loop(reader)
      await scene.stage.settle()
      reader.leave()
      expect(await reader.result).toMatchObject(left)
      await scene.say(part(2, 'b'), result(2, 'ab'))
      expect(read).toEqual({ parts: ['a'], ended: true })
      expect(reader).toMatchObject({ state: 'left', value: 'a' })
      expect(scene.stage.hub.at().of('leave')).toMatchObject([['leave', 3, address]])
      expect(scene.readers).toHaveLength(1)
    }))

  test('with its room, when the last handle of the room leaves', () =>
    reading(async (scene) => {
      const other = scene.client.join('#b')
      const reader = await begin(scene)
      other.leave()
      expect(reader.state).toBe('open')
      const again = scene.client.join('#a')
      again.leave()
      expect(reader.state).toBe('open')
      scene.room.leave()
      expect(await reader.result).toMatchObject({ ...left, error: { code: 'closed' } })
    }))

  test('with the client', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      const read = loop(reader)
      scene.client.close()
      expect(await reader.result).toMatchObject({ ...left, error: { code: 'closed' } })
      await scene.stage.settle()
      expect(read.ended).toBe(true)
    }))

  test('with the client, also when nobody has read it, or reads it later', () =>
    reading(async ({ client, readers, say }) => {
      await say(head(1, 'a'))
      client.close()
      expect(await readers[0]?.result).toMatchObject(left)
    }))

  test('when the hub takes the room away, and with it the stream', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      await scene.say(['left', '#a', 'forbidden', 'no'], ['left', address, 'forbidden', 'no'])
      expect(await reader.result).toMatchObject({ ...left, error: { code: 'forbidden' } })
    }))

  test('when the client is another user (P-HS-8)', () =>
    reading(async (scene) => {
      const { stage, readers, say } = scene
      const reader = await begin(scene)
      await say(head(2, 'x', { id: 'node1234.2' }))
      stage.hub.welcome = { user: 'mallory', resumed: false }
      await reconnect(scene)
      expect(await reader.result).toMatchObject({ ...left, error: { code: 'unauthorized' } })
      expect(readers[1]?.state).toBe('left')
    }))
})

describe('cancel()', () => {
  test('P-SM-9: resolves with the answer of the hub, and the stream goes on to its end', () =>
    reading(async (scene) => {
      const { stage, say } = scene
      const reader = await begin(scene)
      const outcome = stage.watch(reader.cancel())
      await stage.settle()
      expect(stage.hub.at().of('cancel')).toEqual([['cancel', 3, address]])
      expect(outcome.state).toBe('pending')
      await say(['ok', 3])
      expect(outcome.state).toBe('resolved')
      await say(part(2, 'b'), end(3, { state: 'cancelled' }))
      expect(await reader.result).toMatchObject({ state: 'cancelled', value: 'ab', complete: true })
    }))

  test('P-SM-9: rejects when the policy forbids it', () =>
    reading(async (scene) => {
      scene.stage.hub.script['cancel'] = (connection, [, ref]) =>
        connection.write(['err', ref, 'forbidden', 'no'])
      const reader = await begin(scene)
      await expect(Promise.all([reader.cancel(), scene.stage.settle()])).rejects.toMatchObject({
        code: 'forbidden',
      })
    }))

  test('P-CN-1: is never repeated on another connection', () =>
    reading(async (scene) => {
      const { stage } = scene
      const reader = await begin(scene)
      const outcome = stage.watch(reader.cancel())
      await stage.settle()
      stage.hub.streams.set('#a', live(1))
      stage.hub.streams.set(address, replay(['s1', 1, `${id}-1`]))
      await reconnect(scene)
      expect(outcome.error).toMatchObject({ code: 'uncertain' })
      expect(stage.hub.at().of('cancel')).toEqual([])
    }))

  test('asks for nothing when the stream has ended', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      await scene.say(end(2))
      await reader.cancel()
      expect(scene.stage.hub.at().of('cancel')).toEqual([])
    }))

  test('does not end the process when the client is closed', () =>
    reading(async (scene) => {
      const reader = await begin(scene)
      void reader.cancel()
      await scene.stage.settle()
      scene.client.close()
      await scene.stage.settle()
      // An unhandled rejection fails the run.
      expect(reader.state).toBe('left')
    }))
})
