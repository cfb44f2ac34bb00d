import { Chat } from '@ai-sdk/react'
import { type AnyContract, ChatError, Client, contract, Hub, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { createUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import { afterEach, expect, test, vi } from 'vitest'
import { answerPrompts, chatTransport, conversation, type PromptContext } from '../src/index.ts'

type Answer = (prompt: PromptContext) => AsyncIterable<UIMessageChunk> | ReadableStream<UIMessageChunk>

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Starts a hub and a client in memory; without `answer` nothing answers prompts. */
function start(answer?: Answer, { timeout = 5_000, refused = '' } = {}) {
  const hub = new Hub({
    contract: contract(conversation),
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: ({ action }) => action !== refused,
    logErrors: false,
  })
  if (answer !== undefined) answerPrompts(hub, answer)
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', hub)
  const { client, link } = connectTo(network)
  closing.push(() => hub.close({ deadline: 0 }))
  const transport = chatTransport(client, { timeout })
  return { hub, network, client, link, transport, chat: new Chat({ id: '1', transport }) }
}

/** Connects a client of its own, as each tab has it. */
function connectTo(network: MemoryNetwork) {
  const link = network.link()
  const client = new Client({
    dial: network.dialer('hub', { link }),
    contract: contract(conversation),
    token: 'alice',
    logErrors: false,
  })
  closing.push(() => client.close())
  return { client, link }
}

/** Answers with the texts, and waits after each for a step. */
function stepped(texts: readonly string[]) {
  const steps: (() => void)[] = []
  const prompts: PromptContext[] = []
  const answer: Answer = async function* (prompt) {
    prompts.push(prompt)
    yield { type: 'text-start', id: 't' }
    for (const delta of texts) {
      yield { type: 'text-delta', id: 't', delta }
      await new Promise<void>((resolve) => steps.push(resolve))
    }
    yield { type: 'text-end', id: 't' }
  }
  const step = (): Promise<void> =>
    vi.waitFor(() => {
      const next = steps.shift()
      if (next === undefined) throw new Error('the answer has not come to the next step')
      next()
    })
  return { answer, prompts, step }
}

const once = (...texts: string[]): Answer =>
  async function* () {
    yield { type: 'start' }
    yield { type: 'text-start', id: 't' }
    for (const delta of texts) yield { type: 'text-delta', id: 't', delta }
    yield { type: 'text-end', id: 't' }
  }

const textOf = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')

test('the page and the log know an answer by the same id', async () => {
  const { chat, transport } = start(once('Hello, ', 'Alice', '.'))
  await chat.sendMessage({ text: 'hi' })
  expect(chat.messages.map(textOf)).toEqual(['hi', 'Hello, Alice.'])
  expect(await transport.load('1')).toMatchObject(chat.messages.map(({ id, role }) => ({ id, role })))
  expect((await transport.load('1')).map(textOf)).toEqual(['hi', 'Hello, Alice.'])
})

test('the deltas of a text are texts in the log', async () => {
  const { chat, hub } = start(once('a', 'b', 'c'))
  await chat.sendMessage({ text: 'hi' })
  const { messages } = await hub.to('#chat:1').history()
  expect((messages.at(-1) as { data: unknown }).data).toEqual([
    { type: 'start', messageId: expect.any(String) },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'a' },
    'b',
    'c',
    { type: 'text-end', id: 't' },
  ])
})

test('a lost connection in the middle of an answer loses and doubles nothing', async () => {
  const { answer, step } = stepped(['a', 'b', 'c'])
  const { chat, link } = start(answer)
  const sent = chat.sendMessage({ text: 'hi' })
  await vi.waitFor(() => expect(textOf(chat.lastMessage)).toBe('a'))
  link.reset({ client: 0, hub: 0 })
  await step()
  await step()
  await step()
  await sent
  expect(chat.status).toBe('ready')
  expect(textOf(chat.lastMessage)).toBe('abc')
})

test('a stop before the answer has begun stops it', async () => {
  const { answer, prompts } = stepped(['a'])
  const { chat } = start(answer)
  const sent = chat.sendMessage({ text: 'hi' })
  while (chat.status !== 'submitted') await Promise.resolve()
  await chat.stop()
  await sent
  expect(chat.status).toBe('ready')
  if (prompts.length > 0) await vi.waitFor(() => expect(prompts[0]?.signal.aborted).toBe(true))
})

test('a second resume takes the place of the first, and stops no model', async () => {
  const { answer, prompts, step } = stepped(['a', 'b'])
  const { chat, transport } = start(answer)
  const sent = chat.sendMessage({ text: 'hi' })
  await vi.waitFor(() => expect(textOf(chat.lastMessage)).toBe('a'))
  const second = new Chat({ id: '1', transport, messages: await transport.load('1') })
  const resumes = [second.resumeStream(), second.resumeStream()]
  await vi.waitFor(() => expect(textOf(second.lastMessage)).toBe('a'))
  resumes.push(second.resumeStream())
  await vi.waitFor(() => expect(second.status).toBe('streaming'))
  expect(prompts[0]?.signal.aborted).toBe(false)
  await step()
  await step()
  await Promise.all([sent, ...resumes])
  expect(second.messages.map(textOf)).toEqual(['hi', 'ab'])
})

test('an answer that ends between load and resume is shown', async () => {
  const { answer, step } = stepped(['a'])
  const { chat, transport } = start(answer)
  const sent = chat.sendMessage({ text: 'hi' })
  await vi.waitFor(() => expect(textOf(chat.lastMessage)).toBe('a'))
  const later = new Chat({ id: '1', transport, messages: await transport.load('1') })
  await step()
  await sent
  expect(later.messages.map(textOf)).toEqual(['hi'])
  await later.resumeStream()
  expect(later.messages.map(textOf)).toEqual(['hi', 'a'])
  expect(later.status).toBe('ready')
})

test('a resume without an answer under way changes nothing', async () => {
  const { chat, transport } = start(once('a'))
  await chat.sendMessage({ text: 'hi' })
  const later = new Chat({ id: '1', transport, messages: await transport.load('1') })
  await later.resumeStream()
  expect(later.messages.map(textOf)).toEqual(['hi', 'a'])
  const other = new Chat({ id: '2', transport })
  await other.resumeStream()
  expect(other.messages).toEqual([])
})

test('the output of a tool of the page continues the message that called the tool', async () => {
  const seen: UIMessage[][] = []
  const { chat, transport } = start((prompt) => {
    seen.push(prompt.messages)
    const asks = prompt.messages.at(-1)?.role === 'user'
    return createUIMessageStream({
      execute: ({ writer }) => {
        if (asks)
          writer.write({ type: 'tool-input-available', toolCallId: 'c', toolName: 'where', input: {} })
        else for (const chunk of textChunks('at home')) writer.write(chunk)
      },
    })
  })
  await chat.sendMessage({ text: 'where am I?' })
  await chat.addToolOutput({ tool: 'where', toolCallId: 'c', output: 'home' })
  await chat.sendMessage()
  expect(chat.messages).toHaveLength(2)
  expect(seen[1]?.at(-1)?.parts).toMatchObject([{ type: 'tool-where', output: 'home' }])
  const loaded = await transport.load('1')
  expect(loaded.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id))
  expect(loaded.at(-1)?.parts).toMatchObject([{ type: 'tool-where', output: 'home' }, { text: 'at home' }])
})

const textChunks = (delta: string): UIMessageChunk[] => [
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta },
  { type: 'text-end', id: 't' },
]

test('a second tab shows the answer, and its stop stops the answer for both', async () => {
  const { answer, prompts, step } = stepped(['a', 'b', 'c'])
  const { chat, network } = start(answer)
  const sent = chat.sendMessage({ text: 'hi' })
  await vi.waitFor(() => expect(textOf(chat.lastMessage)).toBe('a'))
  const transport = chatTransport(connectTo(network).client)
  const second = new Chat({ id: '1', transport, messages: await transport.load('1') })
  const resumed = second.resumeStream()
  await step()
  await vi.waitFor(() => expect([chat, second].map((tab) => textOf(tab.lastMessage))).toEqual(['ab', 'ab']))
  await second.stop()
  await vi.waitFor(() => expect(prompts[0]?.signal.aborted).toBe(true))
  await Promise.all([sent, resumed])
  expect([chat.status, second.status]).toEqual(['ready', 'ready'])
})

test('another answer replaces the answer, on the page and in the log', async () => {
  let answers = 0
  const { chat, transport } = start(() => once(`answer ${++answers}`)({} as PromptContext))
  const texts = async () => [chat.messages.map(textOf), (await transport.load('1')).map(textOf)]
  await chat.sendMessage({ text: 'one' })
  await chat.sendMessage({ text: 'two' })
  await chat.regenerate()
  const two = ['one', 'answer 1', 'two', 'answer 3']
  expect(await texts()).toEqual([two, two])
  await chat.regenerate({ messageId: String(chat.messages[1]?.id) })
  expect(await texts()).toEqual([
    ['one', 'answer 4'],
    ['one', 'answer 4'],
  ])
})

test('a model that throws in the middle leaves what it has said, and another answer may follow', async () => {
  let fails = true
  const { chat, transport } = start(async function* () {
    yield* textChunks('half').slice(0, 2)
    if (fails) throw new Error('out of order')
    yield { type: 'text-end', id: 't' } as const
  })
  await chat.sendMessage({ text: 'hi' })
  expect(chat).toMatchObject({ status: 'error', error: { code: 'internal' } })
  expect((await transport.load('1')).map(textOf)).toEqual(['hi', 'half'])
  fails = false
  await chat.regenerate()
  expect([chat.status, chat.messages.map(textOf)]).toEqual(['ready', ['hi', 'half']])
})

test('an edited message drops the messages behind it', async () => {
  const { chat, transport } = start(once('ok'))
  await chat.sendMessage({ text: 'one' })
  await chat.sendMessage({ text: 'two' })
  await chat.sendMessage({ text: 'uno', messageId: String(chat.messages[0]?.id) })
  expect(chat.messages.map(textOf)).toEqual(['uno', 'ok'])
  expect((await transport.load('1')).map(textOf)).toEqual(['uno', 'ok'])
})

test('the code and message of a ChatError reach the page', async () => {
  const { chat } = start(() => {
    throw new ChatError('shop/quota', 'you have used up your tokens')
  })
  await chat.sendMessage({ text: 'hi' })
  expect(chat.error).toMatchObject({
    code: 'shop/quota',
    message: expect.stringContaining('used up your tokens'),
  })
})

test.each(['join', 'send'])('a refused %s is the error of the chat', async (refused) => {
  const { chat } = start(once('a'), { refused })
  await chat.sendMessage({ text: 'hi' })
  expect(chat).toMatchObject({ status: 'error', error: { code: 'forbidden' } })
})

test('a prompt that nothing answers is a timeout', async () => {
  const { chat } = start(undefined, { timeout: 100 })
  await chat.sendMessage({ text: 'hi' })
  expect(chat).toMatchObject({ status: 'error', error: { code: 'timeout' } })
})

test('a resume before the answer has begun waits for it', async () => {
  const { chat, transport, hub } = start(undefined, { timeout: 100 })
  await chat.sendMessage({ text: 'hi' })
  const later = new Chat({ id: '1', transport, messages: await transport.load('1') })
  const resumed = later.resumeStream()
  const { messages } = await hub.to('#chat:1').history()
  const prompt = (messages[0] as { data: { id: string } }).data.id
  const writer = await hub.to('#chat:1').stream('answer', { start: [], meta: { prompt } })
  await writer.pipe([[{ type: 'start', messageId: 'm' }, ...textChunks('late')]])
  await resumed
  expect(later.messages.map(textOf)).toEqual(['hi', 'late'])
})

test.each([
  ['a system message', { id: 'x', message: { id: 'm', role: 'system', parts: [] } }],
  ['a message without parts', { id: 'x', message: { id: 'm', role: 'user' } }],
  ['a message without an id', { id: 'x', message: { role: 'user', parts: [] } }],
  ['a part without a type', { id: 'x', message: { id: 'm', role: 'user', parts: ['hi'] } }],
  ['a long id', { id: 'x'.repeat(129), message: { id: 'm', role: 'user', parts: [] } }],
  ['a body that is a text', { id: 'x', message: { id: 'm', role: 'user', parts: [] }, body: 'b' }],
])('a prompt with %s is refused by the hub', async (_, prompt) => {
  const { hub } = start(once('a'))
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', hub)
  const client = new Client<AnyContract>({ dial: network.dialer('hub'), token: 'mallory', logErrors: false })
  closing.push(() => client.close())
  const send = client.to('#chat:1') as unknown as { send(event: string, data: unknown): Promise<unknown> }
  await expect(send.send('prompt', prompt)).rejects.toMatchObject({ code: 'bad_payload' })
})

test('an option that does not exist is a UsageError', () => {
  const { client, hub } = start()
  expect(() => chatTransport(client, { rooms: 1 } as object)).toThrow(/there is no option 'rooms'/)
  expect(() => answerPrompts(hub, once(), { lasts: 1 } as object)).toThrow(/there is no option 'lasts'/)
})
