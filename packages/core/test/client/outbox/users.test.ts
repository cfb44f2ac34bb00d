import { openOutbox } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('messages of a user are not sent for the next user, and are sent when their user is back', () =>
  world({}, async (w) => {
    const { hub, disk, open } = startDisk(w)
    let user = 'alice'
    const page = disk.openPage()
    const client = await w.client(hub, () => user, { outbox: openOutbox(page) })
    client.on('$error', () => {})
    w.link(client).cut('10s')
    const sent = sendText(client, 'for alice only')
    await w.advance('5s')
    user = 'bob'
    await w.advance('5m')
    expect([client.user, sent.outcome]).toEqual(['bob', 'unauthorized'])
    sendText(client, 'from bob')
    await w.advance('1s')
    const read = async () => (await hub.to('*').history()).messages.map(({ from, data }) => [from, data])
    expect(await read()).toEqual([['bob', 'from bob']])
    client.close()
    await open()
    await w.advance('1s')
    expect(await read()).toEqual([
      ['bob', 'from bob'],
      ['alice', 'for alice only'],
    ])
  }))

test('with the option user, messages are kept before the first connection', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const page = disk.openPage()
    const { Client } = await import('@chat/core')
    const client = new Client({
      dial: () => new Promise<never>(() => {}),
      outbox: openOutbox(page, { user: 'alice' }),
      runtime: w.runtime('client'),
    })
    sendText(client, 'before')
    await w.advance('1s')
    expect(disk.entriesOf('alice')).toHaveLength(1)
    page.crash()
    client.close()
    await open()
    await w.advance('1s')
    expect(await stored()).toEqual(['before'])
  }))

test('a page whose user the hub knows as another user sends nothing of what it kept', () =>
  world({}, async (w) => {
    const { disk, hub, stored } = startDisk(w)
    const { Client } = await import('@chat/core')
    const first = disk.openPage()
    const offline = new Client({
      dial: () => new Promise<never>(() => {}),
      outbox: openOutbox(first, { user: 'alice' }),
      runtime: w.runtime('client'),
    })
    sendText(offline, 'before')
    await w.advance('1s')
    first.crash()
    offline.close()
    const client = await w.client(hub, 'bob', { outbox: openOutbox(disk.openPage(), { user: 'alice' }) })
    await w.advance('1s')
    expect([client.user, await stored(), disk.entriesOf('alice').length]).toEqual(['bob', [], 1])
  }))
