import {
  type Client,
  contract,
  type Hub,
  type HubOptions,
  handleAsk,
  type Schema,
  UsageError,
  type User,
} from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { live, msg, play } from '../support/fake-hub.ts'

const chat = contract({
  events: {
    say: z.object({ text: z.string().max(10), at: z.object({ x: z.number() }).optional() }),
    typing: z.boolean(),
    // What goes in and what comes out differ: a validator that ran twice would fail, or double it.
    price: z.string().transform(Number),
    trimmed: z.string().transform((text) => `[${text}]`),
  },
  calls: {
    add: {
      input: z.object({ a: z.string().transform(Number), b: z.number() }),
      output: z.number().transform(String),
    },
    lie: { input: z.null(), output: z.number() },
  },
  asks: {
    confirm: {
      input: z.object({ question: z.string().transform((q) => q.toUpperCase()) }),
      output: z.boolean(),
    },
  },
})

const open: HubOptions<typeof chat, User> = {
  contract: chat,
  authenticate: ({ token }) => ({ id: token ?? '' }),
  authorize: () => true,
}

async function pair(w: World, options: Partial<typeof open> = {}) {
  const hub = w.hub<typeof chat>({ ...open, ...options })
  const errors: unknown[] = []
  hub.on('$error', ({ error }) => errors.push(error))
  const alice = await w.client<typeof chat>(hub, 'alice', { contract: chat })
  const bob = await w.client<typeof chat>(hub, 'bob', { contract: chat })
  const room = bob.join('#a')
  const heard: unknown[] = []
  for (const event of ['say', 'typing', 'price', 'trimmed'] as const)
    room.on(event, (data: unknown) => heard.push(data))
  await room.ready
  return { hub, errors, alice, bob, room, heard }
}

const bad = (path: (string | number)[]) =>
  expect.objectContaining({ code: 'bad_payload', detail: expect.objectContaining({ path }) })

/** A client without validators: what it sends is only checked on the other side. */
const careless = (client: unknown): Client => client as Client

describe('contract()', () => {
  test('keeps the validators', () => {
    const events = { say: z.string() }
    expect(contract({ events }).definition.events).toBe(events)
    expect(contract({}).definition).toEqual({})
  })

  test('refuses a name in two groups: they share one `on`', () => {
    const operation = { input: z.null(), output: z.null() }
    expect(() => contract({ events: { x: z.null() }, calls: { x: operation } })).toThrow(UsageError)
    expect(() => contract({ calls: { x: operation }, asks: { x: operation } })).toThrow(
      /'x' stands in it twice/,
    )
  })

  test.each(['$status', '$own'])('refuses %s: only the own events of the SDK start with $', (name) => {
    expect(() => contract({ events: { [name]: z.null() } })).toThrow(
      /"\$.*" cannot be a name: .*no \$ at its start/,
    )
  })

  test.each(['', 'a\nb', 'x'.repeat(129), '漢'.repeat(43)])(
    'refuses %j, which could never be sent (P-PB-10)',
    (name) => {
      expect(() => contract({ events: { [name]: z.null() } })).toThrow(UsageError)
    },
  )

  test.each([
    [undefined, 'give an object with events, serverEvents, streams, clientStreams, calls, asks'],
    [
      { event: {} },
      "there is no option 'event'; the options are events, serverEvents, streams, clientStreams, calls, asks",
    ],
    [{ events: 1 }, "'events' must be an object with a member for each name, but is 1"],
    [{ events: { a: 1 } }, "'events.a' must be a validator of Standard Schema, such as z.string(), but is 1"],
    [{ calls: { a: 1 } }, "the option 'calls.a' is not an object, but 1"],
    [
      { calls: { a: { inptu: z.null() } } },
      "there is no option 'calls.a.inptu'; the options are input, output",
    ],
    [{ asks: { a: { input: z.null() } } }, "'asks.a.output' must be a validator"],
  ])('refuses the definition %j, and tells how to change it', (definition, text) => {
    expect(() => contract(definition as never)).toThrow(UsageError)
    expect(() => contract(definition as never)).toThrow(text)
  })

  test.each(['constructor', 'toString', 'error', '漢'.repeat(42)])('takes %s as a name (U-03)', (name) => {
    expect(contract({ events: { [name]: z.null() } }).definition.events).toHaveProperty([name])
  })
})

describe('the sender', () => {
  test('is told `bad_payload` with the path before anything is sent', () =>
    world({ seed: 1 }, async (w) => {
      const { alice, heard } = await pair(w)
      const wrong = careless(alice)
      await expect(wrong.to('#a').send('say', { text: 1 })).rejects.toEqual(bad(['text']))
      await expect(wrong.to('#a').send('say', { text: 'x', at: { x: 'y' } })).rejects.toEqual(
        bad(['at', 'x']),
      )
      await expect(wrong.to('#a').send('typing', 'yes')).rejects.toEqual(bad([]))
      await expect(wrong.call('add', { a: '1' })).rejects.toEqual(bad(['b']))
      expect(() => wrong.to('#a').cast('typing', 1)).toThrow(bad([]))
      await w.advance(500)
      expect(heard).toEqual([])
    }))

  test('is told of an event, and of a call, that the contract does not have', () =>
    world({ seed: 1 }, async (w) => {
      const { alice } = await pair(w)
      const wrong = careless(alice)
      for (const name of ['nonsense', 'add', 'constructor', '__proto__'])
        await expect(wrong.to('#a').send(name, {})).rejects.toMatchObject({ code: 'bad_request' })
      for (const name of ['nonsense', 'say', 'toString'])
        await expect(wrong.call(name, {})).rejects.toMatchObject({ code: 'not_found' })
    }))

  test('is told on the hub too, for sends, casts and asks', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, heard } = await pair(w)
      const wrong = hub as unknown as Hub
      await expect(wrong.to('#a').send('say', { text: 1 })).rejects.toEqual(bad(['text']))
      await expect(wrong.to('#a').send('nonsense', 1)).rejects.toMatchObject({ code: 'bad_request' })
      expect(() => wrong.to('#a').cast('typing', 1)).toThrow(bad([]))
      await expect(wrong.to('@bob').ask('confirm', {})).rejects.toEqual(bad(['question']))
      await w.advance(500)
      expect(heard).toEqual([])
    }))
})

describe('what passes', () => {
  test('is transformed once, on the side that receives', () =>
    world({ seed: 2 }, async (w) => {
      const { hub, alice, heard } = await pair(w)
      const onHub: unknown[] = []
      hub.on('price', (data) => onHub.push(data))
      hub.on('trimmed', (data) => onHub.push(data))
      await alice.to('#a').send('price', '42')
      await hub.to('#a').send('price', '43')
      await alice.to('#a').send('trimmed', 'x')
      alice.to('#a').cast('trimmed', 'y')
      await w.advance(500)
      expect(onHub).toEqual([42, '[x]', '[y]'])
      expect(heard).toEqual([42, 43, '[x]', '[y]'])
      const { messages } = await alice.history('#a')
      expect(messages.map(({ data }) => data)).toEqual([42, 43, '[x]'])
    }))

  test('through a call is transformed at the hub, its result at the client', () =>
    world({ seed: 2 }, async (w) => {
      const { hub, alice } = await pair(w)
      hub.handle('add', ({ a, b }) => a + b)
      await expect(alice.call('add', { a: '1', b: 2 })).resolves.toBe('3')
    }))

  test('through an ask is transformed at the client', () =>
    world({ seed: 2 }, async (w) => {
      const { hub, bob } = await pair(w)
      const asked: unknown[] = []
      handleAsk(bob, 'confirm', ({ question }) => {
        asked.push(question)
        return true
      })
      await expect(hub.to('@bob').ask('confirm', { question: 'ok?' })).resolves.toBe(true)
      expect(asked).toEqual(['OK?'])
    }))

  test('has lost what the validator does not know', () =>
    world({ seed: 2 }, async (w) => {
      const { alice, heard } = await pair(w)
      await careless(alice).to('#a').send('say', { text: 'x', admin: true })
      await w.advance(500)
      expect(heard).toEqual([{ text: 'x' }])
    }))
})

describe('a peer without validators', () => {
  test('is checked by the hub: nothing that does not fit is stored, handled or answered', () =>
    world({ seed: 3 }, async (w) => {
      const { hub, heard } = await pair(w)
      const handled: unknown[] = []
      hub.on('say', (data) => handled.push(data))
      hub.handle('add', () => handled.push('add'))
      const mallory = careless(await w.client(hub, 'mallory'))
      await expect(mallory.to('#a').send('say', { text: 5 })).rejects.toEqual(bad(['text']))
      await expect(mallory.to('#a').send('nonsense', 5)).rejects.toMatchObject({ code: 'bad_request' })
      await expect(mallory.call('add', { a: '1' })).rejects.toEqual(bad(['b']))
      mallory.to('#a').cast('typing', 'no')
      await w.advance(500)
      expect([handled, heard]).toEqual([[], []])
    }))

  test('may answer an ask with a wrong value: the ask on the hub is told', () =>
    world({ seed: 3 }, async (w) => {
      const { hub } = await pair(w)
      const mallory = careless(await w.client(hub, 'mallory'))
      handleAsk(mallory, 'confirm', () => 'perhaps')
      await expect(hub.to('@mallory').ask('confirm', { question: '?' })).rejects.toMatchObject({
        code: 'bad_payload',
      })
    }))
})

describe('the hub never sends what its contract forbids', () => {
  test('a handler whose result does not fit is `internal` to the client, and whole in `$error`', () =>
    world({ seed: 4 }, async (w) => {
      const { hub, alice, errors } = await pair(w)
      hub.handle('lie', () => 'not a number' as never)
      await expect(alice.call('lie', null)).rejects.toMatchObject({ code: 'internal' })
      expect(errors).toHaveLength(1)
    }))
})

describe('a client under a hub that breaks the contract', () => {
  test('hands nothing on that does not fit, tells `$error`, and goes on', () =>
    play(async (stage) => {
      const client = await stage.connected({ contract: chat } as object)
      const heard: unknown[] = []
      client.on('typing', (data) => heard.push(data))
      client.join('#a').on('typing', (data) => heard.push(data))
      await stage.settle()
      const typing = (address: string, at: number, data: unknown) =>
        msg(address, at, { event: 'typing', data })
      stage.hub.at().write(typing('*', 1, 'x'), typing('#a', 1, 1), msg('*', 2, { event: 'nonsense' }))
      stage.hub.at().write(typing('*', 3, true), typing('#a', 2, false), ['cast', '*', 'typing', 3, null])
      await stage.settle()
      expect(heard).toEqual([true, false])
      expect(client.said.errors).toMatchObject([
        { subject: '* typing', error: { code: 'bad_payload' } },
        { subject: '#a typing', error: { code: 'bad_payload' } },
        { subject: '* nonsense', error: { code: 'bad_request' } },
        { subject: '* typing', error: { code: 'bad_payload' } },
      ])
      expect(client.positions).toMatchObject({ '*': ['e1', 3, 'm3'], '#a': ['e1', 2, 'm2'] })
    }))

  test('refuses asks whose input does not fit, that it does not know, and answers of its own that do not fit', () =>
    play(async (stage) => {
      const client = await stage.connected({ contract: chat } as object)
      handleAsk(client, 'confirm', () => 'perhaps')
      client.on('typing', () => true)
      stage.hub.at().write(['ask', 1, 'confirm', {}], ['ask', 2, 'nonsense', {}], ['ask', 3, 'typing', true])
      stage.hub.at().write(['ask', 4, 'confirm', { question: '?' }])
      await stage.settle()
      expect(
        stage.hub
          .at()
          .of('refuse')
          .map(([, ask, code]) => [ask, code]),
      ).toEqual([
        [1, 'bad_payload'],
        [2, 'not_found'],
        [3, 'not_found'],
        [4, 'internal'],
      ])
    }))

  test('rejects a result that does not fit', () =>
    play(async (stage) => {
      stage.hub.script['call'] = (connection, [, ref]) => connection.write(['ok', ref, 'x'])
      const client = await stage.connected({ contract: chat } as object)
      const outcome = stage.watch(client.call('lie', null))
      await stage.settle()
      expect(outcome.error).toMatchObject({ code: 'bad_payload' })
    }))

  test('leaves out of a history what does not fit, and tells', () =>
    play(async (stage) => {
      stage.hub.script['read'] = (connection, [, ref]) => {
        const messages = [
          msg('#a', 1, { event: 'typing', data: 1 }),
          msg('#a', 2, { event: 'typing', data: true }),
        ]
        connection.write(['ok', ref, { ...live(), base: 0, top: 2, more: false, messages }])
      }
      const client = await stage.connected({ contract: chat } as object)
      const page = stage.watch(client.history('#a'))
      await stage.settle()
      expect(page.value?.messages.map(({ data }) => data)).toEqual([true])
      expect(client.said.errors).toMatchObject([{ subject: '#a typing' }])
    }))
})

/** What is no promise, and can be waited for all the same. */
function thenable(value: unknown): unknown {
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  return { then: (resolve?: (result: unknown) => void) => resolve?.({ value }) }
}

describe('a validator', () => {
  const schema = (validate: (value: unknown) => unknown): Schema => ({
    '~standard': { version: 1, vendor: 'test', validate: validate as Schema['~standard']['validate'] },
  })

  test.each([
    ['a promise', async (value: unknown) => ({ value })],
    ['another thenable', thenable],
  ])('that answers with %s is an error at first use', (_, validate) =>
    play(async (stage) => {
      const client = await stage.connected({
        contract: contract({ events: { say: schema(validate) } }),
      } as object)
      await expect(client.to('#a').send('say', 1)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('asynchronous'),
      })
      stage.hub.at().write(msg('*', 1))
      await stage.settle()
      expect(client.said.errors).toMatchObject([{ error: { code: 'usage' } }])
    }),
  )

  test('may name its path in either way, or not at all', () =>
    play(async (stage) => {
      const found = [{ message: 'first', path: ['a', { key: 0 }, Symbol('s')] }, { message: 'second' }]
      const events = { say: schema(() => ({ issues: found })), none: schema(() => ({ issues: [] })) }
      const client = await stage.connected({ contract: contract({ events }) } as object)
      await expect(client.to('#a').send('say', 1)).rejects.toMatchObject({
        message: expect.stringContaining('a.0.Symbol(s): first'),
        detail: {
          path: ['a', 0, 'Symbol(s)'],
          issues: [
            { path: ['a', 0, 'Symbol(s)'], message: 'first' },
            { path: [], message: 'second' },
          ],
        },
      })
      await expect(client.to('#a').send('none', 1)).rejects.toMatchObject({
        code: 'bad_payload',
        detail: { path: [] },
      })
    }))

  test('that throws itself rejects with what it threw, and nothing is sent', () =>
    play(async (stage) => {
      const broken = schema(() => {
        throw new RangeError('broken')
      })
      const client = await stage.connected({ contract: contract({ events: { say: broken } }) } as object)
      await expect(client.to('#a').send('say', 1)).rejects.toThrow('broken')
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello'])
    }))
})
