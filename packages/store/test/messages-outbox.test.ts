import { type Client, openOutbox } from '@chat/core'
import { messages } from '@chat/store'
import { OutboxDisk, type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { type Chat, chat, enter, states, texts } from './support/chat.ts'
import { open } from './support/open.ts'

/** A hub, and pages of alice with a list of `#a` and an outbox on one disk. */
async function start(w: World) {
  const hub = w.hub<Chat>({ ...open, contract: chat })
  const disk = new OutboxDisk(w.runtime('disk'))
  const openPage = async () => {
    const page = disk.openPage()
    const outbox = openOutbox(page)
    const client: Client<Chat> = await w.client<Chat>(hub, 'alice', { contract: chat, outbox })
    const list = messages(client.join('#a'), 'say')
    list.subscribe(() => {})
    const end = () => {
      page.crash()
      client.close()
    }
    return { client, list, outbox, end }
  }
  return { hub, disk, openPage }
}

test('messages of an earlier page are in the list of their room, and keep their keys until they are stored', () =>
  world({ seed: 1 }, async (w) => {
    const { openPage } = await start(w)
    const first = await openPage()
    w.link(first.client).cut('1h')
    await w.advance('1m')
    first.list.send('say', 'one')
    first.list.send('say', 'two')
    await w.advance('1s')
    first.end()
    const { list } = await openPage()
    const seen: string[][] = []
    const keys = new Set<string>()
    list.subscribe(() => {
      seen.push(states(list.snapshot()))
      for (const { key } of list.snapshot().items) keys.add(key)
    })
    await w.advance('5s')
    expect(texts(list.snapshot())).toEqual(['one', 'two'])
    expect(seen).toContainEqual(['waiting', 'waiting'])
    expect(seen.at(-1)).toEqual(['stored', 'stored'])
    expect(keys.size).toBe(2)
  }))

test('an uncertain message of an earlier page is sent again, or dropped, from the list', () =>
  world({ seed: 1 }, async (w) => {
    const { hub, disk, openPage } = await start(w)
    const first = await openPage()
    await w.advance('1s')
    w.link(first.client).stall('1h')
    for (const text of ['one', 'two']) first.list.send('say', text)
    await w.advance('1s')
    w.link(first.client).cut('1h')
    first.end()
    const { list } = await openPage()
    await w.advance('1s')
    expect([texts(list.snapshot()), states(list.snapshot())]).toEqual([
      ['one', 'two'],
      ['uncertain', 'uncertain'],
    ])
    const [one, two] = list.snapshot().items
    list.retry({ key: one?.key ?? '' })
    list.discard({ key: two?.key ?? '' })
    await w.advance('5s')
    expect([texts(list.snapshot()), states(list.snapshot())]).toEqual([['one'], ['stored']])
    expect(disk.entriesOf('alice')).toEqual([])
    const late = messages(await enter(w, hub, 'bob'), 'say')
    late.subscribe(() => {})
    await w.advance('1s')
    expect(texts(late.snapshot())).toEqual(['one'])
  }))

test('an uncertain message of this page that is sent again leaves the outbox under its first id', () =>
  world({ seed: 1 }, async (w) => {
    const { hub, disk, openPage } = await start(w)
    const { client, list } = await openPage()
    await w.advance('1s')
    w.link(client).stall('2m', 'up')
    const item = list.send('say', 'mine')
    await w.advance('1s')
    w.link(client).cut('70s')
    await w.advance('65s')
    expect(states(list.snapshot())).toEqual(['uncertain'])
    await w.advance('3m')
    list.retry(item)
    await w.advance('10s')
    expect(states(list.snapshot())).toEqual(['stored'])
    expect(disk.entriesOf('alice')).toEqual([])
    expect((await hub.to('#a').history()).messages.map(({ data }) => data)).toEqual(['mine'])
  }))

test('two tabs that try an uncertain message of an ended page again show it once, and so does every list', () =>
  world({ seed: 1 }, async (w) => {
    const { hub, disk, openPage } = await start(w)
    const first = await openPage()
    await w.advance('1s')
    w.link(first.client).stall('1h')
    first.list.send('say', 'one')
    await w.advance('1s')
    w.link(first.client).cut('1h')
    first.end()
    const tabs = [await openPage(), await openPage()]
    await w.advance('1s')
    const shown = tabs.flatMap(({ list }) => list.snapshot().items)
    expect(shown.length).toBeGreaterThan(0)
    for (const { list } of tabs) for (const { key } of list.snapshot().items) list.retry({ key })
    await w.advance('1m')
    const late = messages(await enter(w, hub, 'bob'), 'say')
    late.subscribe(() => {})
    await w.advance('1s')
    for (const list of [...tabs.map((tab) => tab.list), late])
      expect([texts(list.snapshot()), states(list.snapshot())]).toEqual([['one'], ['stored']])
    expect(disk.entriesOf('alice')).toEqual([])
  }))
