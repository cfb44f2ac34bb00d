import type { Client } from '@chat/core'
import { notices } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { type Chat, chat, only, scene, texts } from './support/chat.ts'

describe('the notices of a user', () => {
  test('are the newest that wait in the inbox, and those that follow', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 30; i++) await hub.to('@alice').send('note', { title: `${i}` })
      const client = await w.client<Chat>(hub, 'alice', { contract: chat })
      const inbox = notices(client, 'note', { last: 2 })
      expect(inbox.snapshot()).toMatchObject({ items: [], state: 'loading' })
      inbox.subscribe(() => {})
      await w.advance('1s')
      await hub.to('@alice').send('note', { title: 'now' })
      await w.advance('1s')
      expect(texts(inbox.snapshot())).toEqual([{ title: '29' }, { title: '30' }, { title: 'now' }])
      void inbox.older(5)
      await w.advance('1s')
      expect(inbox.snapshot().items.length).toBeGreaterThanOrEqual(8)
      expect(inbox.snapshot().state).toBe('live')
    }))

  test('come to all devices, and over a lost connection and a remount', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, clients } = await scene(w, ['alice', 'alice'])
      const inboxes = clients.map((client) => notices(client, 'note'))
      const undos = inboxes.map((inbox) => inbox.subscribe(() => {}))
      await w.advance('1s')
      w.link(clients[0] as Client<Chat>).cut('10s')
      undos[1]?.()
      await w.advance('2s')
      await hub.to('@alice').send('note', { title: 'away' })
      await w.advance('1m')
      inboxes[1]?.subscribe(() => {})
      await w.advance('1s')
      for (const inbox of inboxes) expect(texts(inbox.snapshot())).toEqual([{ title: 'away' }])
    }))

  test('that the server has read are shown at once, and go on from there', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, clients } = await scene(w, ['alice'])
      await hub.to('@alice').send('note', { title: 'old' })
      const initial = await hub.to('@alice').history()
      const inbox = notices(only(clients), 'note', { initial })
      expect(texts(inbox.snapshot())).toEqual([{ title: 'old' }])
      await hub.to('@alice').send('note', { title: 'new' })
      inbox.subscribe(() => {})
      await w.advance('1s')
      expect(texts(inbox.snapshot())).toEqual([{ title: 'old' }, { title: 'new' }])
    }))

  test('are those of the user whom the hub knows now', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (const user of ['alice', 'bob']) await hub.to(`@${user}`).send('note', { title: user })
      let token = 'alice'
      const client = await w.client<Chat>(hub, () => token, { contract: chat })
      const inbox = notices(client, 'note')
      inbox.subscribe(() => {})
      await w.advance('1s')
      expect(texts(inbox.snapshot())).toEqual([{ title: 'alice' }])
      token = 'bob'
      client.on('$error', () => {})
      w.link(client).cut('1s')
      await w.advance('1m')
      expect(texts(inbox.snapshot())).toEqual([{ title: 'bob' }])
      client.close()
      expect(inbox.snapshot()).toMatchObject({ state: 'ended', error: null })
    }))
})
