/*
 * What TypeScript makes of streams in a contract: checked by the compiler alone, never run.
 */
import {
  type Client,
  type ClientEventName,
  contract,
  type EventName,
  type Hub,
  type Message,
  type OperationAnswer,
  type OperationResult,
  type StreamData,
  type Streamed,
  type StreamInput,
  type StreamName,
  type StreamReader,
  type StreamResult,
  type StreamSource,
  stream,
  type Untyped,
} from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

interface Step {
  tool: string
  took: number
}

const step = z.object({ tool: z.string(), took: z.string().transform(Number) })

const chat = contract({
  events: { say: z.string() },
  streams: { answer: stream(z.string()), steps: stream(z.array(step)) },
  calls: {
    ask: { input: z.object({ text: z.string() }), output: stream(z.string()) },
    plan: { input: z.null(), output: stream(z.array(step)) },
    rename: { input: z.string(), output: z.boolean() },
  },
})
type Chat = typeof chat

interface Plain {
  events: { say: string }
  streams: { answer: string; steps: Step[] }
  calls: {
    ask: { input: { text: string }; output: Streamed<string> }
    rename: { input: string; output: boolean }
  }
}

/** With validators: what a writer gives, and what a reader gets, are told apart. */
export function validators(): void {
  expectTypeOf<StreamName<Chat>>().toEqualTypeOf<'answer' | 'steps'>()
  expectTypeOf<StreamInput<Chat, 'answer'>>().toEqualTypeOf<string>()
  expectTypeOf<StreamData<Chat, 'answer'>>().toEqualTypeOf<string>()
  expectTypeOf<StreamInput<Chat, 'steps'>>().toEqualTypeOf<{ tool: string; took: string }[]>()
  expectTypeOf<StreamData<Chat, 'steps'>>().toEqualTypeOf<Step[]>()
  expectTypeOf<OperationAnswer<Chat, 'calls', 'ask'>>().toEqualTypeOf<StreamSource<string>>()
  expectTypeOf<OperationResult<Chat, 'calls', 'ask'>>().toEqualTypeOf<Streamed<string>>()
  expectTypeOf<OperationAnswer<Chat, 'calls', 'plan'>>().toEqualTypeOf<
    StreamSource<{ tool: string; took: string }[]>
  >()
  expectTypeOf<OperationResult<Chat, 'calls', 'plan'>>().toEqualTypeOf<Streamed<Step[]>>()
  expectTypeOf<OperationResult<Chat, 'calls', 'rename'>>().toEqualTypeOf<boolean>()
}

/** With a plain interface: the same. */
export function plainInterface(): void {
  expectTypeOf<StreamName<Plain>>().toEqualTypeOf<'answer' | 'steps'>()
  expectTypeOf<StreamInput<Plain, 'steps'>>().toEqualTypeOf<Step[]>()
  expectTypeOf<StreamData<Plain, 'answer'>>().toEqualTypeOf<string>()
  expectTypeOf<OperationAnswer<Plain, 'calls', 'ask'>>().toEqualTypeOf<StreamSource<string>>()
  expectTypeOf<OperationResult<Plain, 'calls', 'ask'>>().toEqualTypeOf<Streamed<string>>()
  expectTypeOf<OperationResult<Plain, 'calls', 'rename'>>().toEqualTypeOf<boolean>()
}

/** A stream is no event to send: a hub opens it, and clients only read it. */
export function events(hub: Hub<Chat>): void {
  expectTypeOf<EventName<Chat>>().toEqualTypeOf<'say'>()
  expectTypeOf<ClientEventName<Chat>>().toEqualTypeOf<'say'>()
  // @ts-expect-error a stream is opened, not sent
  void hub.to('#a').send('answer', 'hi')
  expectTypeOf<StreamName<Untyped>>().toEqualTypeOf<never>()
  expectTypeOf<OperationResult<Untyped, 'calls', 'any'>>().toEqualTypeOf<unknown>()
}

/** A client gets readers: in the listeners of rooms and of its own, and for streamed calls. */
export async function readers(client: Client<Chat>, plain: Client<Plain>): Promise<void> {
  client.join('#a').on('answer', async (answer, message) => {
    expectTypeOf(answer).toEqualTypeOf<StreamReader<string>>()
    expectTypeOf(message).toEqualTypeOf<Message<StreamReader<string>>>()
    for await (const part of answer) expectTypeOf(part).toEqualTypeOf<string>()
    expectTypeOf(await answer.result).toEqualTypeOf<StreamResult<string>>()
  })
  client.on('steps', (steps) => expectTypeOf(steps.value).toEqualTypeOf<Step[]>())
  client.on('ask', (answer) => expectTypeOf(answer).toEqualTypeOf<StreamReader<string>>())
  // @ts-expect-error a call that no stream answers is no event
  client.on('rename', () => {})
  expectTypeOf(await client.call('ask', { text: '?' })).toEqualTypeOf<StreamReader<string>>()
  expectTypeOf(await client.call('plan', null)).toEqualTypeOf<StreamReader<Step[]>>()
  expectTypeOf(await client.call('rename', 'x')).toEqualTypeOf<boolean>()
  plain.join('#a').on('steps', (steps) => expectTypeOf(steps.value).toEqualTypeOf<Step[]>())
  expectTypeOf(await plain.call('ask', { text: '?' })).toEqualTypeOf<StreamReader<string>>()
  for (const message of (await client.history('#a')).messages)
    if (message.event === 'steps') expectTypeOf(message.data).toEqualTypeOf<StreamReader<Step[]>>()
    else if (message.event === 'say') expectTypeOf(message.data).toEqualTypeOf<string>()
  // @ts-expect-error clients open no streams
  await client.to('#a').send('answer', 'x')
}

/** A handler answers with the parts, from a generator or any iterable. */
export function handlers(hub: Hub<Chat>): void {
  hub.handle('ask', async function* ({ text }) {
    yield text
  })
  hub.handle('plan', () => [[{ tool: 'search', took: '1' }]])
  hub.handle('plan', async () => [[{ tool: 'search', took: '1' }]])
  // @ts-expect-error a part of a list is an array of items
  hub.handle('plan', () => [{ tool: 'search', took: '1' }])
  // @ts-expect-error a part of a text is a string
  hub.handle('ask', () => [1, 2])
}

/** Values that declare no stream. */
export function mistakes(): void {
  // @ts-expect-error a stream is a text or a list
  stream(z.number())
  // @ts-expect-error a validator is needed
  stream('text')
  // @ts-expect-error a stream is made by stream()
  contract({ streams: { answer: z.string() } })
}
