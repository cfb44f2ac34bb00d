import { contract, type Schema, stream, type Untyped, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { stage } from '../support/stage.ts'

const step = z.object({ tool: z.string().transform((tool) => `[${tool}]`) })
const chat = contract({
  events: { say: z.string() },
  streams: { answer: stream(z.string()), steps: stream(z.array(step)) },
  calls: {
    ask: { input: z.null(), output: stream(z.string()) },
    add: { input: z.null(), output: z.number() },
  },
})

const schema = (validate: (value: unknown) => unknown): Schema<string> => ({
  '~standard': { version: 1, vendor: 'test', validate: validate as Schema<string>['~standard']['validate'] },
})

describe('stream()', () => {
  test.each([
    ['a text', 'text', z.string()],
    ['a text of any length, because its end is not known while it is written', 'text', z.string().max(3)],
    ['a list', 'list', z.array(z.number())],
  ])('declares %s', (_, kind, validator) => {
    expect(stream(validator as Schema<string>).kind).toBe(kind)
  })

  test.each([
    [z.number(), "accepts neither '' nor [], with which a stream begins"],
    [z.string().min(1), 'without a minimum length'],
    [z.array(z.number()).nonempty(), 'without a minimum length'],
    [z.any(), 'accepts a text and an array; use a validator of one kind'],
    ['text', 'give a validator of Standard Schema, such as stream(z.string()), not "text"'],
    [undefined, 'give a validator of Standard Schema'],
    [schema(async (value) => ({ value })), 'its validator is asynchronous'],
  ])('refuses a validator that decides for no kind, and tells how to change it: %#', (validator, text) => {
    expect(() => stream(validator as never)).toThrow(UsageError)
    expect(() => stream(validator as never)).toThrow(text)
  })
})

describe('the streams of a contract', () => {
  const answer = stream(z.string())
  const input = z.null()

  test.each([
    [{ streams: { a: z.string() } }, "'streams.a' must be made by stream(), such as stream(z.string())"],
    [{ streams: { a: 1 } }, "'streams.a' must be made by stream(), such as stream(z.string()), but is 1"],
    [{ streams: 1 }, "'streams' must be an object with a member for each name, but is 1"],
    [
      { events: { a: answer } },
      "'events.a' is a stream; streams stand in 'streams', or are the output of a call",
    ],
    [{ serverEvents: { a: answer } }, "'serverEvents.a' is a stream"],
    [{ calls: { a: { input: answer, output: input } } }, "'calls.a.input' is a stream"],
    [{ asks: { a: { input, output: answer } } }, "'asks.a.output' is a stream"],
    [{ streams: { a: answer }, events: { a: z.null() } }, "'a' stands in it twice"],
    [{ streams: { a: answer }, calls: { a: { input, output: answer } } }, "'a' stands in it twice"],
    [{ streams: { $a: answer } }, '"$a" cannot be a name'],
  ])('are refused elsewhere, of another make, and under a name that is taken: %#', (definition, text) => {
    expect(() => contract(definition as never)).toThrow(UsageError)
    expect(() => contract(definition as never)).toThrow(text)
  })

  test('are found by their name and by the call that they answer', () => {
    const { validator } = chat
    expect(validator.stream('answer')?.kind).toBe('text')
    expect(validator.stream('steps')?.kind).toBe('list')
    expect(validator.stream('ask')?.kind).toBe('text')
    for (const name of ['add', 'say', 'nonsense', 'constructor', '__proto__'])
      expect(validator.stream(name)).toBeNull()
  })

  test('validate a part: of a text that it is one, of a list each item', () => {
    const { validator } = chat
    expect(validator.event('answer', 'par')).toBe('par')
    expect(validator.event('ask', '')).toBe('')
    expect(validator.event('steps', [{ tool: 'a' }, { tool: 'b' }])).toEqual([
      { tool: '[a]' },
      { tool: '[b]' },
    ])
    expect(() => validator.event('answer', ['part'])).toThrow(
      'a part of a text must be a string, but is an array',
    )
    expect(() => validator.event('steps', [{ tool: 'a' }, { tool: 1 }])).toThrow(
      expect.objectContaining({
        code: 'bad_payload',
        detail: expect.objectContaining({ path: [1, 'tool'] }),
      }),
    )
  })
})

test('a list has any length, because its parts are joined: a contract says of it what an item is (P-SM-3)', async () => {
  const bounded = contract({ clientStreams: { numbers: stream(z.array(z.number().max(9)).max(2)) } })
  const { validator } = bounded
  expect(validator.event('numbers', [1, 2, 3])).toEqual([1, 2, 3])
  expect(() => validator.event('numbers', [1, 2, 33])).toThrow(
    expect.objectContaining({ code: 'bad_payload', detail: expect.objectContaining({ path: [2] }) }),
  )
  const s = stage({ contract: bounded as unknown as Untyped })
  const alice = await s.client('alice')
  const head = await alice.request('send', '#a', 'numbers', [1, 2], { stream: true })
  const address = `^${head.ok ? String(head.result['id']) : ''}/#a`
  expect(await alice.request('send', address, 'numbers', [3, 4, 5])).toMatchObject({ ok: true })
  expect(await alice.request('send', address, 'numbers', [6, 77])).toMatchObject({ code: 'bad_payload' })
  const { entries } = s.store.read('#a', { after: 0, limit: 9 })
  expect(entries.at(-1)?.data).toBe('[1,2,3,4,5]')
})

describe.each(['answer', 'ask'])('a client that sends the stream "%s" as a message', (event) => {
  const options = { contract: chat as unknown as Untyped }

  test('P-PB-12: is refused as forbidden, and the policy is not asked', async () => {
    let asked = 0
    const s = stage({ ...options, authorize: () => ++asked > 0 })
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    const answer = await mallory.call(['send', 1, '@alice', event, 'win'])
    expect(answer).toMatchObject({ ok: false, code: 'forbidden' })
    expect(asked).toBe(0)
    expect(alice.frames('msg')).toEqual([])
  })

  test('P-PB-12: has its casts dropped and counted', async () => {
    const s = stage(options)
    const mallory = await s.client('mallory')
    await mallory.say(['cast', '@alice', event, 'win'])
    expect(s.hub.counters.droppedCasts).toBe(1)
  })
})

test('a hub listens neither to a stream, which only it can open, nor to a streamed call', () => {
  const { hub } = stage({ contract: chat as unknown as Untyped })
  expect(() => hub.on('answer', () => {})).toThrow('it is a stream, which only the hub writes')
  expect(() => hub.on('ask', () => {})).toThrow('it is a call; answer it with hub.handle')
})
