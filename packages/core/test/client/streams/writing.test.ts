import {
  ChatError,
  type Client,
  type ClientStreamWriter,
  contract,
  type Hub,
  type HubOptions,
  openStream,
  type StreamReader,
  stream,
  type User,
} from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { say: z.string() },
  streams: { answer: stream(z.string()) },
  clientStreams: { speech: stream(z.string()), steps: stream(z.array(z.object({ n: z.number() }))) },
})
type Chat = typeof chat

const options: HubOptions<Chat, User> = {
  contract: chat,
  authenticate: ({ token }) => ({ id: token ?? '' }),
  authorize: ({ address }) => address !== '#closed',
}

interface Guest {
  readonly client: Client<Chat>
  readonly room: ReturnType<Client<Chat>['join']>
  readonly readers: StreamReader<string>[]
}

async function enter(w: World, hub: Hub<Chat>, token: string): Promise<Guest> {
  const client = await w.client<Chat>(hub, token, { contract: chat })
  const readers: StreamReader<string>[] = []
  const room = client.join('#a')
  room.on('speech', (speech) => readers.push(speech))
  await room.ready
  return { client, room, readers }
}

/** Lets a second pass, and returns the outcome of a promise. */
async function soon<T>(w: World, promise: Promise<T>, time = 1_000): Promise<T> {
  promise.catch(() => {})
  await w.advance(time)
  return promise
}

const open = (w: World, { room }: Guest): Promise<ClientStreamWriter<string>> =>
  soon(w, openStream(room, 'speech'))

/** A hub with alice, who writes, and bob, who reads. */
const scene = (
  run: (w: World, guests: { hub: Hub<Chat>; alice: Guest; bob: Guest }) => Promise<void>,
): Promise<unknown> =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub<Chat>(options)
    await run(w, { hub, alice: await enter(w, hub, 'alice'), bob: await enter(w, hub, 'bob') })
  })

const resultOf = (w: World, { readers }: Guest) => soon(w, (readers[0] as StreamReader<string>).result)

describe('a stream that a client writes', () => {
  test('is read by the others part by part, and ends with its result (P-SM-12, P-SM-7)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await soon(w, openStream(alice.room, 'speech', { start: 'a', meta: { lang: 'en' } }))
      expect(writer.address).toBe(`^${writer.id}/#a`)
      expect(writer.id).toBe(`${alice.client.session}.${writer.id.split('.')[1]}`)
      const result = (bob.readers[0] as StreamReader<string>).result
      await soon(w, writer.write('b'))
      expect(bob.readers[0]?.value).toBe('ab')
      await soon(w, writer.write('c'))
      await soon(w, writer.end())
      expect(await soon(w, result)).toMatchObject({ state: 'done', value: 'abc', complete: true })
      expect(bob.readers[0]).toMatchObject({ from: 'alice', meta: { lang: 'en', stream: true } })
      expect(alice.readers[0]?.value).toBe('abc')
      expect(writer.signal).toMatchObject({ aborted: true })
      await expect(writer.write('d')).rejects.toMatchObject({ code: 'conflict', detail: { state: 'done' } })
    }))

  test('can be a list, in the inbox of a user, by the target of a client', () =>
    scene(async (w, { alice, bob }) => {
      const got: unknown[] = []
      bob.client.on('steps', (steps) => void steps.result.then(({ value }) => got.push(value)))
      const writer = await soon(w, openStream(alice.client.to('@bob'), 'steps'))
      expectTypeOf(writer.write).parameter(0).toEqualTypeOf<{ n: number }[]>()
      for (const n of [1, 2, 3]) void writer.write([{ n }])
      await soon(w, writer.end())
      await w.advance('1s')
      expect(got).toEqual([[{ n: 1 }, { n: 2 }, { n: 3 }]])
    }))

  test('has one part at a time on its way, and the others are joined into the next (P-SM-12)', () =>
    scene(async (w, { hub, alice, bob }) => {
      const writer = await open(w, alice)
      const stored = Array.from({ length: 50 }, (_, n) => writer.write(`${n} `))
      await soon(w, Promise.all(stored))
      await soon(w, writer.end())
      const { value } = await resultOf(w, bob)
      expect(value).toBe(Array.from({ length: 50 }, (_, n) => `${n} `).join(''))
      // Head, first part, the joined rest, end.
      expect(Number((await soon(w, alice.room.send('say', 'x'))).id.split('.')[1])).toBe(
        Number(writer.id.split('.')[1]) + 4,
      )
      expect(hub.closing).toBe(false)
    }))

  test('pipe() ends it as done, as failed with the error of the source, and tells readers of a ChatError', () =>
    scene(async (w, { alice, bob }) => {
      async function* words(error?: Error): AsyncGenerator<string> {
        yield 'one '
        yield 'two'
        if (error !== undefined) throw error
      }
      const first = await open(w, alice)
      expect(await soon(w, first.pipe(words()))).toEqual({ state: 'done', error: undefined })
      const second = await open(w, alice)
      const end = await soon(w, second.pipe(words(new ChatError('unavailable', 'no microphone'))))
      expect(end).toMatchObject({ state: 'failed', error: { code: 'unavailable' } })
      const results = await soon(w, Promise.all(bob.readers.map(({ result }) => result)))
      expect(results.map(({ state, value }) => [state, value])).toEqual([
        ['done', 'one two'],
        ['failed', 'one two'],
      ])
    }))

  test('is told of a cancel by its signal, and pipe() then ends it as cancelled (P-SM-9, P-CN-4)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      let stopped = false
      async function* endless(): AsyncGenerator<string> {
        try {
          for (;;) {
            yield 'x'
            await new Promise<void>((resolve) => w.runtime('source').timer(500, resolve))
          }
        } finally {
          stopped = true
        }
      }
      const piped = writer.pipe(endless())
      await w.advance('2s')
      await soon(w, (bob.readers[0] as StreamReader<string>).cancel())
      expect(await soon(w, piped)).toMatchObject({ state: 'cancelled' })
      expect(stopped).toBe(true)
      expect(await resultOf(w, bob)).toMatchObject({ state: 'cancelled' })
    }))

  test('that does not look at its signal finds the stream cancelled, with the state (P-SM-9, P-SM-6)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      await soon(w, (bob.readers[0] as StreamReader<string>).cancel())
      expect(writer.signal).toMatchObject({ aborted: true, reason: { code: 'cancelled' } })
      await w.advance('6s')
      await expect(soon(w, writer.write('x'))).rejects.toMatchObject({
        code: 'conflict',
        detail: { state: 'cancelled' },
      })
      await soon(w, writer.cancel())
      await expect(writer.end()).rejects.toMatchObject({ detail: { state: 'cancelled' } })
    }))

  test('its option signal cancels a pipe', () =>
    scene(async (w, { alice, bob }) => {
      const aborter = new AbortController()
      const writer = await soon(w, openStream(alice.room, 'speech', { signal: aborter.signal }))
      const never: AsyncIterable<string> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      }
      const piped = writer.pipe(never)
      aborter.abort()
      expect(await soon(w, piped)).toMatchObject({ state: 'cancelled' })
      expect(await resultOf(w, bob)).toMatchObject({ state: 'cancelled' })
      await expect(openStream(alice.room, 'speech', { signal: aborter.signal })).rejects.toThrow()
    }))

  test('goes on across a connection that is lost, and doubles no part (P-SM-12, P-PB-3)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      for (let n = 0; n < 10; n++) {
        void writer.write(`${n}`)
        w.link(alice.client).cut('1s')
        await w.advance('3s')
      }
      await soon(w, writer.end(), 5_000)
      expect(await resultOf(w, bob)).toMatchObject({ state: 'done', value: '0123456789' })
    }))

  test('of a client that is closed is lost for its readers (P-SM-8)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      await soon(w, writer.write('half'))
      const result = (bob.readers[0] as StreamReader<string>).result
      const late = writer.end()
      alice.client.close()
      await expect(late).rejects.toMatchObject({ code: expect.any(String) })
      expect(await soon(w, result, 140_000)).toMatchObject({ value: 'half' })
    }))

  test('an error of the hub ends the writing, and tells it as the end of a pipe (P-SM-12)', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      const result = resultOf(w, bob)
      const big = 'x'.repeat(50_000)
      const end = await soon(w, writer.pipe([big, big, big, big, big, big]), 5_000)
      expect(end).toMatchObject({ state: 'failed', error: { code: 'too_large' } })
      expect(await result).toMatchObject({ state: 'failed', error: { code: 'too_large' } })
    }))

  test('a part that cannot be sent is refused at once, and the stream goes on', () =>
    scene(async (w, { alice, bob }) => {
      const writer = await open(w, alice)
      for (const wrong of [7, ['x'], '\ud83d', null])
        await expect(writer.write(wrong as string)).rejects.toMatchObject({ code: 'bad_payload' })
      await expect(writer.write('x'.repeat(70_000))).rejects.toMatchObject({ code: 'too_large' })
      await soon(w, writer.write('fine'))
      await soon(w, writer.end())
      expect(await resultOf(w, bob)).toMatchObject({ state: 'done', value: 'fine' })
    }))

  test('fail() with an error that is no ChatError tells readers nothing of it, and reports it', () =>
    scene(async (w, { alice, bob }) => {
      const errors: unknown[] = []
      alice.client.on('$error', ({ error }) => errors.push(error))
      const writer = await open(w, alice)
      const result = resultOf(w, bob)
      await soon(w, writer.fail(new Error('secret')))
      expect(errors.map(String)).toEqual(['Error: secret'])
      const { error } = await result
      expect([error?.code, error?.message.includes('secret')]).toEqual(['internal', false])
    }))

  test('a session that could not be resumed has lost its stream: the writer is told, and readers, too', () =>
    scene(async (w, { hub, alice, bob }) => {
      const writer = await open(w, alice)
      await soon(w, hub.kick('@nobody'))
      w.link(alice.client).cut('200s')
      void writer.write('x')
      await w.advance('200s')
      await w.advance('60s')
      await expect(writer.write('y')).rejects.toMatchObject({ code: expect.any(String) })
      expect((await resultOf(w, bob)).state).toBe('lost')
    }))
})

describe('openStream()', () => {
  test('refuses wrong use at once, and says what to do', () =>
    scene(async (w, { alice, bob }) => {
      const { room, client } = alice
      const wrong: [run: () => Promise<unknown>, text: string][] = [
        [
          () => openStream({} as never, 'speech' as never),
          'give a room, or a target as client.to returns it',
        ],
        [() => openStream(room, 'answer' as never), "not among the contract's clientStreams"],
        [() => openStream(room, 'say' as never), "not among the contract's clientStreams"],
        [() => openStream(client.to('~abcdefgh'), 'speech'), 'open it for its user instead'],
        [() => openStream(room, 'speech', { begin: 'x' } as never), "there is no option 'begin'"],
        [() => openStream(room, 'speech', { meta: { stream: true } }), "the option 'meta' must be"],
      ]
      for (const [run, text] of wrong) {
        await expect(run()).rejects.toMatchObject({ code: 'usage' })
        await expect(run()).rejects.toThrow(text)
      }
      await expect(openStream(room, 'speech', { start: [] as never })).rejects.toMatchObject({
        code: 'bad_payload',
      })
      room.leave()
      await expect(openStream(room, 'speech')).rejects.toMatchObject({ code: 'usage' })
      client.close()
      await expect(openStream(client.to('#a'), 'speech')).rejects.toMatchObject({ code: 'usage' })
      await w.advance('1s')
      expect(bob.readers).toEqual([])
    }))

  test('rejects with the code of the hub', () =>
    scene(async (w, { alice }) => {
      const { client, room } = alice
      await expect(soon(w, openStream(client.to('#closed'), 'speech'))).rejects.toMatchObject({
        code: 'forbidden',
      })
      for (let n = 0; n < 8; n++) await open(w, alice)
      await expect(soon(w, openStream(room, 'speech'))).rejects.toMatchObject({ code: 'too_large' })
    }))
})

test('writers that the hub limits lose no part, and double none (P-SM-12, P-PB-11)', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub<Chat>({ ...options, limits: { rate: 4, burst: 8 } })
    const bob = await enter(w, hub, 'bob')
    // Sessions of one user share a rate, which each of them may use alone as far as it knows.
    const writers = await Promise.all(['alice', 'alice', 'alice'].map((token) => enter(w, hub, token)))
    const whole = Array.from({ length: 30 }, (_, n) => `[${n}]`)
    const written = writers.map(async (guest) => {
      const writer = await openStream(guest.room, 'speech')
      for (const part of whole) await writer.write(part)
      await writer.end()
    })
    await soon(w, Promise.all(written), 120_000)
    const results = await soon(w, Promise.all(bob.readers.map(({ result }) => result)))
    expect(results.map(({ state, value }) => [state, value])).toEqual(
      Array.from({ length: 3 }, () => ['done', whole.join('')]),
    )
  }))
