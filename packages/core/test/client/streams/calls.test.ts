import { readStreams, type StreamReader } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, replay, type Stage } from '../../support/fake-hub.ts'
import {
  beginning,
  chat,
  end,
  head,
  id,
  loop,
  part,
  reading,
  result,
} from '../../support/scripted-streams.ts'

const parent = '@alice'
const address = `^${id}/${parent}`
const mine = { parent, event: 'ask' }
/** The head that answers a call of this client's session, by the ref of the call. */
const answer = (at: number, ref: number, data = '', session = 'session1') =>
  head(at, data, { ...mine, meta: { call: `${session}.${ref}` } })

/** Breaks the connection, and waits for the next. The own log goes on behind `at`. */
async function reconnect(stage: Stage, at: number): Promise<void> {
  stage.hub.streams.set('#a', live())
  stage.hub.streams.set(parent, at === 0 ? { ...beginning(1, 'e1') } : replay(['e1', at, id]))
  stage.hub.at().cut()
  await stage.advance(3_000)
}

describe('a call that is answered by a stream (P-SM-11)', () => {
  test('resolves with the reader, and no listener gets the head', () =>
    reading(async ({ stage, client, say }) => {
      const heard: unknown[] = []
      client.on('ask', (reader) => heard.push(reader))
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      expect(stage.hub.at().of('call')).toEqual([['call', 2, 'ask', 'why?']])
      await say(answer(1, 2, 'Be'), ['ok', 2, address])
      const reader = outcome.value as StreamReader<string>
      expect(reader).toMatchObject({ id, address, event: 'ask', value: 'Be', time: 1_000 })
      stage.hub.streams.set(address, beginning())
      const read = loop(reader)
      await stage.settle()
      await say(
        part(1, 'Be', mine),
        part(2, 'cause', mine),
        end(3, undefined, mine),
        result(2, 'Because', 'done', mine),
      )
      expect(read).toEqual({ parts: ['Be', 'cause'], ended: true })
      expect(heard).toEqual([])
    }))

  test('resolves with the same reader when the answer comes before the head (P-ST-10)', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await say(['ok', 2, address])
      const reader = outcome.value as StreamReader<string>
      expect(reader).toMatchObject({ id, event: 'ask', value: '', meta: null, time: null, state: 'open' })
      await say(answer(1, 2, 'Be'))
      expect(reader).toMatchObject({ value: 'Be', time: 1_000, meta: { call: 'session1.2' } })
      await say(result(2, 'Because', 'done', mine))
      expect(reader).toMatchObject({ value: 'Because', state: 'done' })
    }))

  test.each([17, 'text', '^', '^x', null])('rejects the answer %j, which is no stream', (value) =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await say(['ok', 2, value])
      expect(outcome.error).toMatchObject({ code: 'bad_payload' })
    }),
  )

  test('rejects with the error of the hub', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await say(['err', 2, 'shop/closed', 'no'])
      expect(outcome.error).toMatchObject({ code: 'shop/closed' })
    }))

  test('changes no call that is answered by a value', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('add', null))
      await stage.settle()
      await say(['ok', 2, 7])
      expect(outcome.value).toBe(7)
    }))
})

describe('an answer that was lost with the connection (P-SM-11)', () => {
  test('is found in the own log, by the call that the head names', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await reconnect(stage, 0)
      expect(outcome.state).toBe('pending')
      await say(answer(1, 2, 'Be'))
      expect(outcome.value).toMatchObject({ id, value: 'Be' })
    }))

  test('is found also when the session could not be resumed', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      stage.hub.welcome = { session: { id: 'session2', secret: 's' }, resumed: false }
      await reconnect(stage, 0)
      await say(answer(1, 2))
      expect(outcome.value).toMatchObject({ id })
    }))

  test('is not waited for when the head came before the loss', () =>
    reading(async ({ stage, client, say }) => {
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await say(answer(1, 2, 'Be'))
      expect(outcome.value).toMatchObject({ id, value: 'Be' })
      await reconnect(stage, 1)
      expect(outcome.state).toBe('resolved')
    }))

  test('is given up as uncertain when the time of the call is up', () =>
    reading(async ({ stage, client, say }) => {
      const heard: unknown[] = []
      client.on('ask', (reader) => heard.push(reader))
      const outcome = stage.watch(client.call('ask', 'why?', { timeout: 10_000 }))
      await stage.settle()
      await reconnect(stage, 0)
      await stage.advance(6_900)
      expect(outcome.state).toBe('pending')
      await stage.advance(200)
      expect(outcome.error).toMatchObject({ code: 'uncertain' })
      // The application has given up this call: nobody waits for its stream.
      await say(answer(1, 2))
      expect(heard).toEqual([])
    }))

  test('is waited for no longer than the signal allows, or the client lives', () =>
    reading(async ({ stage, client }) => {
      const aborter = new AbortController()
      const aborted = stage.watch(client.call('ask', 'why?', { signal: aborter.signal }))
      const closed = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await reconnect(stage, 0)
      aborter.abort(new Error('enough'))
      await stage.settle()
      expect(aborted.error?.message).toBe('enough')
      client.close()
      await stage.settle()
      expect(closed.error).toMatchObject({ code: 'closed' })
    }))

  test('does not change the calls that are answered by a value: they are uncertain at once', () =>
    reading(async ({ stage, client }) => {
      const outcome = stage.watch(client.call('add', null))
      await stage.settle()
      await reconnect(stage, 0)
      expect(outcome.error).toMatchObject({ code: 'uncertain' })
    }))
})

describe("another device's call", () => {
  test('gives its stream to the listeners of the call, on this device and after a reload', () =>
    reading(async ({ client, say }) => {
      const heard: StreamReader<string>[] = []
      client.on('ask', (reader) => heard.push(reader))
      await say(answer(1, 7, 'Be', 'session9'))
      expect(heard).toHaveLength(1)
      expect(heard[0]).toMatchObject({ id, event: 'ask', value: 'Be' })
    }))
})

describe('a contract of types alone', () => {
  const plain = { contract: undefined, streams: readStreams } as const

  test('reads streams with the option `streams`', () =>
    reading(async ({ stage, say }) => {
      const client = await stage.connected(plain as object)
      const heard: unknown[] = []
      client.on('answer', (reader) => heard.push(reader))
      const outcome = stage.watch(client.call('ask', 'why?'))
      await stage.settle()
      await say(head(1, 'x', { parent: '*' }), ['ok', 1, address])
      expect(heard).toMatchObject([{ value: 'x', state: 'open' }])
      expect(outcome.value).toMatchObject({ address })
    }))

  test('gives the plain data without it, and nothing is read', () =>
    reading(async ({ stage, say }) => {
      const client = await stage.connected()
      const heard: unknown[] = []
      client.on('answer', (data) => heard.push(data))
      await say(head(1, 'x', { parent: '*' }), result(2, 'xyz', 'done', { parent: '*' }))
      expect(heard).toEqual(['x', 'xyz'])
    }))

  test('refuses an option that is no function', () =>
    reading(async ({ stage }) => {
      expect(() => stage.client({ streams: true } as never)).toThrow(
        "the option 'streams' must be a function",
      )
    }))

  test('knows the validators of the contract `chat` by their streams', () => {
    expect(chat.validator.open).toBe(readStreams)
  })
})

describe('a page of history', () => {
  test('has one message for a stream: a reader, settled by the result in the same page', () =>
    reading(async ({ stage, client }) => {
      stage.hub.script['read'] = (connection, [, ref]) => {
        const messages = [head(1, 'a'), result(2, 'abc'), head(3, 'x', { id: 'node1234.3' })]
        connection.write(['ok', ref, { epoch: 'e1', base: 0, top: 3, more: false, messages }])
      }
      const outcome = stage.watch(client.history('#a'))
      await stage.settle()
      expect(outcome.value?.messages.map(({ data }) => data)).toMatchObject([
        { id, value: 'abc', state: 'done' },
        { id: 'node1234.3', value: 'x', state: 'open' },
      ])
    }))
})
