import { readStreams, type StreamReader } from '@chat/core'
import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open } from './support/open.ts'

interface Chat {
  streams: { answer: string }
}

test('a list of streams without the code that reads them says what to give to connect', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub<Chat>(open)
    const errors: string[] = []
    const told = async (streams: typeof readStreams | undefined) => {
      errors.length = 0
      const alice = await w.client<Chat>(hub, 'alice', { streams })
      alice.on('$error', ({ error, subject }) => errors.push(`${subject} ${(error as Error).message}`))
      const list = messages(alice.join('#a'), 'answer')
      list.subscribe(() => {})
      await w.settle()
      const writer = await hub.to('#a').stream('answer')
      await writer.write('one')
      await w.advance('1s')
      const shown = list.snapshot().items.at(-1)
      await writer.end()
      await w.settle()
      alice.close()
      return shown
    }
    expect(await told(undefined)).toMatchObject({ streamState: 'open', data: '' })
    expect(errors).toEqual([
      "streams unable to show the stream 'answer' while it is written: give connect the option streams: readStreams, or the contract",
    ])
    expect(await told(readStreams)).toMatchObject({ streamState: 'open', data: 'one' })
    expect(errors).toEqual([])
  }))

test('a client of a world reads streams without further options', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub<Chat>(open)
    const room = (await w.client(hub, 'alice')).join('#a')
    const values: string[] = []
    room.on('answer', async (answer: StreamReader<string>) => values.push((await answer.result).value))
    await room.ready
    await (await hub.to('#a').stream('answer')).pipe(['a', 'b'])
    await w.settle()
    expect(values).toEqual(['ab'])
  }))

test('a page of history that would have the results of streams alone is the page before it', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub<Chat>(open)
    const room = (await w.client(hub, 'alice')).join('#a')
    const writers = []
    for (let i = 0; i < 12; i++) writers.push(await hub.to('#a').stream('answer'))
    for (const writer of writers) await writer.end()
    await w.settle()
    const newest = await room.history({ limit: 5 })
    expect(newest.messages).toHaveLength(5)
    expect(newest.more).toBe(true)
    const list = messages(room, 'answer', { last: 2 })
    list.subscribe(() => {})
    await w.advance('1s')
    await list.older(50)
    expect(list.snapshot().items).toHaveLength(12)
    expect(list.snapshot().more).toBe(false)

    const first = await room.history({ limit: 1 })
    const after = await room.history({ after: first.messages[0]?.position[1] ?? 0, limit: 3 })
    expect(after).toMatchObject({ messages: [], more: false })
  }))
