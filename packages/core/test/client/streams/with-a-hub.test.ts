import type { Client, Hub, HubOptions, StreamReader, User } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { chat, loop } from '../../support/scripted-streams.ts'

type Chat = typeof chat

const options: HubOptions<Chat, User> = {
  contract: chat,
  authenticate: ({ token }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** A client in the room `#a`, with the readers that it has got. */
interface Guest {
  readonly client: Client<Chat>
  readonly readers: StreamReader<string>[]
}

async function enter(w: World, hub: Hub<Chat>, more: object = {}, token = 'alice'): Promise<Guest> {
  const client = await w.client<Chat>(hub, token, { contract: chat, ...more })
  const readers: StreamReader<string>[] = []
  const room = client.join('#a')
  room.on('answer', (answer) => readers.push(answer))
  client.on('answer', (answer) => readers.push(answer))
  await room.ready
  await w.settle()
  return { client, readers }
}

const only = (readers: readonly StreamReader<string>[]): StreamReader<string> => {
  expect(readers).toHaveLength(1)
  return readers[0] as StreamReader<string>
}

/** Settles the world, and returns the value of a promise. */
async function soon<T>(w: World, promise: Promise<T>): Promise<T> {
  await w.advance(100)
  return promise
}

describe('a stream in a room', () => {
  test('reaches everyone who is there, part by part, and ends for all in the same way', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const [alice, bob] = [await enter(w, hub), await enter(w, hub, {}, 'bob')]
      const writer = await hub.to('#a').stream('answer', { meta: { model: 'm' } })
      await w.advance(100)
      const reads = [alice, bob].map(({ readers }) => loop(only(readers)))
      for (const part of ['one ', 'two ', 'three']) {
        await writer.write(part)
        await w.advance(100)
      }
      await writer.end()
      await w.advance(100)
      for (const read of reads) expect(read).toEqual({ parts: ['one ', 'two ', 'three'], ended: true })
      for (const { readers } of [alice, bob])
        expect(await only(readers).result).toMatchObject({
          state: 'done',
          value: 'one two three',
          complete: true,
        })
    }))

  test('tells a failure with its code, and an error that is none of the readers’ business without', () =>
    world({ seed: 2 }, async (w) => {
      const hub = w.hub<Chat>(options, (hub) => hub.on('$error', () => {}))
      const { readers } = await enter(w, hub)
      async function* model(): AsyncGenerator<string> {
        yield 'half'
        throw new Error('the key of the model is wrong')
      }
      const writer = await hub.to('#a').stream('answer')
      await w.advance(100)
      const { result } = only(readers)
      expect(await soon(w, writer.pipe(model()))).toMatchObject({ state: 'failed' })
      expect(await soon(w, result)).toMatchObject({
        state: 'failed',
        value: 'half',
        error: { code: 'internal' },
      })
    }))

  test('begins for a late reader with everything so far', () =>
    world({ seed: 3 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const { readers } = await enter(w, hub)
      const writer = await hub.to('#a').stream('answer', { start: '> ' })
      for (let i = 0; i < 20; i++) await writer.write(`${i} `)
      await w.advance(100)
      const read = loop(only(readers))
      await w.advance(100)
      expect(read.parts.join('')).toBe(`> ${Array.from({ length: 20 }, (_, i) => `${i} `).join('')}`)
      expect(read.parts.length).toBeLessThan(3)
      await writer.write('end')
      await writer.end()
      await w.advance(100)
      expect(only(readers).value.endsWith('19 end')).toBe(true)
    }))

  test('goes on after a reload in the middle, on the page that begins anew', () =>
    world({ seed: 4 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const before = await enter(w, hub)
      const { positions } = before.client
      const writer = await hub.to('#a').stream('answer')
      await writer.write('Hel')
      await w.advance(100)
      before.client.close()
      await writer.write('lo')
      const after = await enter(w, hub, { positions })
      await w.advance(100)
      const read = loop(only(after.readers))
      await w.advance(100)
      await writer.write(' you')
      await writer.end()
      await w.advance(100)
      expect(read).toEqual({ parts: ['Hello', ' you'], ended: true })
    }))

  test('has ended for a page that reloads after its end, however long ago that was', () =>
    world({ seed: 5 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const before = await enter(w, hub)
      const { positions } = before.client
      const writer = await hub.to('#a').stream('answer')
      await writer.write('Hello')
      await writer.end()
      before.client.close()
      await w.advance(600_000)
      const after = await enter(w, hub, { positions })
      await w.advance(100)
      const { result } = only(after.readers)
      expect(await soon(w, result)).toMatchObject({ state: 'done', value: 'Hello', complete: true })
    }))

  test('reaches a second device of its user, which is connected already', () =>
    world({ seed: 6 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const devices = [await enter(w, hub), await enter(w, hub)]
      const writer = await hub.to('@alice').stream('answer')
      await w.advance(100)
      const results = devices.map(({ readers }) => only(readers).result)
      await writer.write('for both')
      await writer.end()
      for (const result of results)
        expect(await soon(w, result)).toMatchObject({ state: 'done', value: 'for both' })
    }))

  test('survives a lost connection: no part is missing, none comes twice', () =>
    world({ seed: 7 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const { client, readers } = await enter(w, hub)
      const writer = await hub.to('#a').stream('answer')
      await w.advance(100)
      const read = loop(only(readers))
      let whole = ''
      for (let i = 0; i < 30; i++) {
        whole += `${i},`
        void writer.write(`${i},`)
        if (i % 10 === 5) w.link(client).reset()
        await w.advance(700)
      }
      await writer.end()
      await w.advance(5_000)
      expect(read.parts.join('')).toBe(whole)
      expect(await only(readers).result).toMatchObject({ state: 'done', value: whole, complete: true })
      expect(only(readers).restarted).toBe(0)
    }))

  test('of a list keeps its items apart', () =>
    world({ seed: 8 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const { client } = await enter(w, hub)
      const steps: StreamReader<{ tool: string }[]>[] = []
      client.join('#a').on('steps', (reader) => steps.push(reader))
      const writer = await hub.to('#a').stream('steps', { start: [{ tool: 'a' }] })
      await w.advance(100)
      const result = steps[0]?.result
      await writer.write([{ tool: 'b' }, { tool: 'c' }])
      await writer.end()
      expect(await soon(w, result as Promise<unknown>)).toMatchObject({
        value: [{ tool: 'a' }, { tool: 'b' }, { tool: 'c' }],
        complete: true,
      })
    }))

  test('over 256 KiB has its whole from its parts, for the readers that were there', () =>
    world({ seed: 9 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const [{ readers }, unread] = [await enter(w, hub), await enter(w, hub, {}, 'bob')]
      const writer = await hub.to('#a').stream('answer')
      await w.advance(100)
      const { result } = only(readers)
      const part = 'x'.repeat(50_000)
      for (let i = 0; i < 8; i++) {
        await writer.write(part)
        await w.advance(50)
      }
      await writer.end()
      expect(await soon(w, result)).toMatchObject({ state: 'done', value: part.repeat(8), complete: true })
      expect(await only(unread.readers).result).toMatchObject({ state: 'done', complete: false })
    }))
})

describe('the end that the writer does not write', () => {
  test('P-SM-9: a reader that cancels aborts the writer’s signal, and the stream ends as cancelled', () =>
    world({ seed: 10 }, async (w) => {
      const hub = w.hub<Chat>(options)
      const [alice, bob] = [await enter(w, hub), await enter(w, hub, {}, 'bob')]
      const stopped: unknown[] = []
      async function* model(signal: AbortSignal): AsyncGenerator<string> {
        try {
          for (let i = 0; ; i++) {
            yield `${i} `
            await new Promise<void>((resolve) =>
              signal.addEventListener('abort', () => resolve(), { once: true }),
            )
          }
        } finally {
          stopped.push('the model')
        }
      }
      const writer = await hub.to('#a').stream('answer')
      const end = writer.pipe(model(writer.signal))
      await w.advance(100)
      const results = [alice, bob].map(({ readers }) => only(readers).result)
      await w.advance(100)
      await soon(w, only(bob.readers).cancel())
      expect(await soon(w, end)).toMatchObject({ state: 'cancelled' })
      for (const result of results)
        expect(await soon(w, result)).toMatchObject({ state: 'cancelled', value: '0 ', complete: true })
      expect(stopped).toEqual(['the model'])
    }))

  test('P-SM-9: is refused to those whom the policy does not allow it', () =>
    world({ seed: 11 }, async (w) => {
      const hub = w.hub<Chat>({
        ...options,
        authorize: ({ action, user }) => action !== 'cancel' || user.id === 'bob',
      })
      const { readers } = await enter(w, hub)
      await hub.to('#a').stream('answer')
      await w.advance(100)
      const cancel = only(readers).cancel()
      cancel.catch(() => {})
      await w.advance(100)
      await expect(cancel).rejects.toMatchObject({ code: 'forbidden' })
    }))

  test('P-SM-8: the writer’s node is killed: its stream is lost within a lease, and keeps its value', () =>
    world({ seed: 12 }, async (w) => {
      const [doomed, other] = [w.hub<Chat>(options), w.hub<Chat>(options)]
      const { readers } = await enter(w, other)
      await w.advance(60_000)
      const writer = await doomed.to('#a').stream('answer')
      await writer.write('half an ans')
      await w.advance(200)
      const { result } = only(readers)
      await w.advance(200)
      w.crash(doomed)
      await w.advance(60_000)
      expect(await result).toMatchObject({ state: 'lost', value: 'half an ans', complete: true })
    }))

  test('ends with the hub that closes, as its writer does', () =>
    world({ seed: 13 }, async (w) => {
      const [closing, other] = [w.hub<Chat>(options), w.hub<Chat>(options)]
      const { readers } = await enter(w, other)
      const writer = await closing.to('#a').stream('answer')
      void writer.write('half')
      await w.advance(200)
      const { result } = only(readers)
      await w.advance(200)
      void closing.close()
      await w.advance(8_000)
      expect(['cancelled', 'failed', 'lost']).toContain((await result).state)
      expect(await result).toMatchObject({ value: 'half' })
    }))
})

describe('a log that lost entries', () => {
  test('P-SM-5: the reader begins again, and has what the log has', () =>
    world({ seed: 14 }, async (w) => {
      const hub = w.hub<Chat>(options, (hub) => hub.on('$error', () => {}))
      const { readers } = await enter(w, hub)
      const writer = await hub.to('#a').stream('answer')
      await w.advance(100)
      const read = loop(only(readers))
      for (const part of ['a', 'b', 'c', 'd']) {
        await writer.write(part)
        await w.advance(100)
      }
      expect(only(readers).value).toBe('abcd')
      w.backplane.rollback(writer.address, 2)
      await w.advance(5_000)
      const lost = writer.write('e')
      lost.catch(() => {})
      await w.advance(120_000)
      await expect(lost).rejects.toMatchObject({ code: 'conflict' })
      expect(await only(readers).result).toMatchObject({ state: 'lost', value: 'ab', complete: true })
      expect(only(readers).restarted).toBe(1)
      expect(read).toEqual({ parts: ['a', 'b', 'c', 'd', 'ab'], ended: true })
    }))

  test('P-SM-10: a stream that is forgotten is lost, and the client asks no more', () =>
    world({ seed: 15 }, async (w) => {
      const hub = w.hub<Chat>(options, (hub) => hub.on('$error', () => {}))
      const { client, readers } = await enter(w, hub)
      const writer = await hub.to('#a').stream('answer')
      await writer.write('half')
      await w.advance(100)
      const { result } = only(readers)
      await w.advance(100)
      w.backplane.forget(writer.address)
      w.link(client).reset()
      await w.advance(60_000)
      expect(await result).toMatchObject({ state: 'lost', value: 'half', complete: false })
    }))
})

describe('a call that is answered by a stream', () => {
  /** A hub whose handler answers word by word. */
  const answering = (w: World): Hub<Chat> => {
    const hub = w.hub<Chat>(options)
    hub.handle('ask', async function* (text) {
      for (const word of text.split(' ')) {
        yield `${word} `
        await new Promise<void>((resolve) => w.runtime('model').timer(100, resolve))
      }
    })
    return hub
  }

  test('P-SM-11: resolves with the reader, whose listeners elsewhere are other devices', () =>
    world({ seed: 16 }, async (w) => {
      const hub = answering(w)
      const [here, there] = [await enter(w, hub), await enter(w, hub)]
      const heard: StreamReader<string>[] = []
      for (const { client } of [here, there]) client.on('ask', (reader) => heard.push(reader))
      const answer = await soon(w, here.client.call('ask', 'one two three'))
      const read = loop(answer)
      expect(heard.map(({ id }) => id)).toEqual([answer.id])
      const elsewhere = loop(heard[0] as StreamReader<string>)
      await w.advance(1_000)
      expect(await answer.result).toMatchObject({ state: 'done', value: 'one two three ', complete: true })
      for (const { parts, ended } of [read, elsewhere])
        expect([parts.join(''), ended]).toEqual(['one two three ', true])
    }))

  test('P-SM-11: an answer that is lost with the connection is found in the own log', () =>
    world({ seed: 17 }, async (w) => {
      const hub = answering(w)
      const { client } = await enter(w, hub)
      const called = client.call('ask', 'one two three')
      w.link(client).stall(5_000, 'down')
      await w.advance(500)
      w.link(client).reset()
      await w.advance(30_000)
      expect(await soon(w, (await called).result)).toMatchObject({ value: 'one two three ', complete: true })
    }))

  test('P-SM-9: is cancelled by its reader', () =>
    world({ seed: 18 }, async (w) => {
      const hub = answering(w)
      const { client } = await enter(w, hub)
      const answer = await soon(w, client.call('ask', 'word '.repeat(100)))
      const { result } = answer
      await w.advance(500)
      await soon(w, answer.cancel())
      await w.advance(1_000)
      expect(await result).toMatchObject({ state: 'cancelled' })
    }))
})
