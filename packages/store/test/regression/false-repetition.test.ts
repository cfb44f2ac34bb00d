import { type Client, openOutbox } from '@chat/core'
import { type MessagesStore, messages } from '@chat/store'
import { OutboxDisk, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { type Chat, chat, enter, only, scene, states, texts } from '../support/chat.ts'

test('a message that claims to repeat the next message of another user does not hide it', () =>
  world({ seed: 1 }, async (w) => {
    const { rooms } = await scene(w, ['alice', 'mallory'])
    const [alice, mallory] = rooms as [(typeof rooms)[number], (typeof rooms)[number]]
    const lists = rooms.map((room) => messages<Chat, 'say'>(room, 'say'))
    for (const list of lists) list.subscribe(() => {})
    await alice.send('say', 'first')
    await w.advance('1s')
    const item = only(lists[1]?.snapshot().items ?? [])
    const [session, ref] = (item.event === 'say' ? (item.id ?? '') : '').split('.')
    for (let next = 1; next < 5; next++)
      await mallory.send('say', 'mine', { meta: { again: `${session}.${Number(ref) + next}` } })
    lists[0]?.send('say', 'second')
    await w.advance('2s')
    for (const list of lists)
      expect(texts(list.snapshot())).toEqual(['first', 'mine', 'mine', 'mine', 'mine', 'second'])
  }))

test('a message that claims to repeat an uncertain message of another user does not hide it', () =>
  world({ seed: 1 }, async (w) => {
    const { hub } = await scene(w, [])
    const disk = new OutboxDisk(w.runtime('disk'))
    const openPage = async (): Promise<{
      client: Client<Chat>
      list: MessagesStore<Chat, 'say'>
      end(): void
    }> => {
      const page = disk.openPage()
      const client = await w.client<Chat>(hub, 'alice', { contract: chat, outbox: openOutbox(page) })
      const list = messages(client.join('#a'), 'say')
      list.subscribe(() => {})
      await w.advance('1s')
      const end = (): void => {
        page.crash()
        client.close()
      }
      return { client, list, end }
    }
    const { client, list, end } = await openPage()
    w.link(client).stall('1h')
    list.send('say', 'mine')
    await w.advance('1s')
    const item = only(list.snapshot().items)
    w.link(client).cut('1h')
    end()
    const mallory = await enter(w, hub, 'mallory')
    await mallory.send('say', 'false', { meta: { again: item.event === 'say' ? (item.id ?? '') : '' } })
    const { list: next } = await openPage()
    expect([texts(next.snapshot()), states(next.snapshot())]).toEqual([
      ['false', 'mine'],
      ['stored', 'uncertain'],
    ])
  }))
