import { ChatError, contract, Hub, stream, UsageError } from '@chat/core'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'

const text = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'must be a text' }] },
  },
} as const
const chat = contract({
  events: { say: text, typing: text },
  serverEvents: { notice: text },
  streams: { answer: stream(text) },
  calls: { rename: { input: text, output: text } },
  asks: { confirm: { input: text, output: text } },
})
const runtime = new VirtualTime().runtime('hub')
const hub = (): Hub => new Hub({ contract: chat, runtime, logErrors: false }) as unknown as Hub
const nothing = (): void => {}

describe('a name that the contract does not have is an error that says which was meant', () => {
  test.each<[string, () => unknown, string]>([
    [
      "hub.on('sya')",
      () => hub().on('sya', nothing),
      `unable to listen to "sya": it is not among the contract's events; did you mean 'say'?`,
    ],
    [
      "hub.on('confirm')",
      () => hub().on('confirm', nothing),
      `unable to listen to "confirm": it is not among the contract's events; it is an ask`,
    ],
    [
      "hub.handle('renam')",
      () => hub().handle('renam', nothing),
      `unable to handle "renam": it is not among the contract's calls; did you mean 'rename'?`,
    ],
    [
      "hub.handle('say')",
      () => hub().handle('say', nothing),
      `unable to handle "say": it is not among the contract's calls; it is an event`,
    ],
  ])('%s', (_, use, message) => {
    expect(use).toThrow(UsageError)
    expect(use).toThrow(message)
  })

  test.each<[string, () => Promise<unknown> | undefined, string]>([
    [
      "hub.to('#a').send('notcie')",
      () => hub().to('#a').send('notcie', 'hi'),
      "unable to find 'notcie': it is not among the contract's events; did you mean 'notice'?",
    ],
    [
      "hub.broadcast('rename')",
      () => hub().broadcast('rename', 'hi'),
      "unable to find 'rename': it is not among the contract's events; it is a call",
    ],
    [
      "hub.to('@a').ask('confrim')",
      () => hub().to('@a').ask('confrim', 'sure'),
      "unable to find 'confrim': it is not among the contract's asks; did you mean 'confirm'?",
    ],
    [
      "hub.to('#a').stream('anwser')",
      () => hub().to('#a').stream('anwser'),
      "unable to open a stream in #a: \"anwser\" is not among the contract's streams; did you mean 'answer'?",
    ],
  ])('%s', async (_, use, message) => {
    const error: unknown = await Promise.resolve(use()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ChatError)
    expect((error as Error).message).toContain(message)
  })

  test("hub.to('#a').cast('typping')", () => {
    expect(() => hub().to('#a').cast('typping', 'x')).toThrow(
      "unable to find 'typping': it is not among the contract's events; did you mean 'typing'?",
    )
  })

  test('a name that is like no other gets no question', () => {
    expect(() => hub().on('colour', nothing)).toThrow(/among the contract's events$/)
  })

  test('data that does not fit keeps its error', () => {
    expect(() => hub().to('#a').cast('typing', 1)).toThrow("unable to accept event 'typing': must be a text")
  })
})

describe('a client that uses a name which the hub does not know is told which was meant', () => {
  /** Resolves with the error that answers a frame of a client without a contract. */
  async function refusal(frame: readonly unknown[]): Promise<unknown> {
    const serving = new Hub({
      contract: chat as never,
      authenticate: () => ({ id: 'alice' }),
      authorize: () => true,
      logErrors: false,
    })
    serving.handle('rename', () => Promise.resolve('ok') as never)
    const connection = new ScriptedConnection()
    serving.accept(connection, nobody)
    connection.deliver('["hello",{"v":[1,1]}]')
    await new Promise(setImmediate)
    connection.deliver(JSON.stringify(frame))
    await new Promise(setImmediate)
    return connection.frames.find(([type]) => type === 'err')
  }

  test('of an event', async () => {
    expect(await refusal(['send', 1, '#a', 'sya', 'hi'])).toEqual([
      'err',
      1,
      'bad_request',
      "unable to find 'sya': it is not among the contract's events; did you mean 'say'?",
    ])
  })

  test('of a call', async () => {
    expect(await refusal(['call', 1, 'renam', 'x'])).toEqual([
      'err',
      1,
      'not_found',
      "unable to call 'renam': it has no handler; did you mean 'rename'?",
    ])
  })
})
