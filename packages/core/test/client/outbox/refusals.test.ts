import { contract, openOutbox } from '@chat/core'
import { OutboxDisk, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openHub, sendText, startDisk } from './support/offline.ts'

test('a message of an earlier page that is larger than a frame may be now is refused, and stays listed', () =>
  world({}, async (w) => {
    const { disk, hub, open } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('1h')
    await w.advance('1s')
    sendText(first.client, 'x'.repeat(3_000))
    sendText(first.client, 'short')
    await w.advance('1s')
    first.crash()
    const small = w.hub({ ...openHub, limits: { frame: 2_048 } })
    const outbox = openOutbox(disk.openPage())
    await w.client(small, 'alice', { outbox })
    await w.advance('1s')
    const { messages } = await hub.to('*').history()
    expect(messages.map(({ data }) => data)).toEqual(['short'])
    expect(outbox.items.map(({ state, error }) => [state, error?.code])).toEqual([['refused', 'too_large']])
    expect(disk.entriesOf('alice')).toEqual([])
    outbox.retry(outbox.items[0]?.key ?? '')
    await w.advance('1s')
    expect(outbox.items.map(({ state }) => state)).toEqual(['refused'])
    outbox.discard(outbox.items[0]?.key ?? '')
    expect(outbox.items).toEqual([])
  }))

test('a message that the contract of the new version refuses is refused, and stays listed', () =>
  world({}, async (w) => {
    const disk = new OutboxDisk(w.runtime('disk'))
    const page = disk.openPage()
    await page.update('alice', () => [
      { key: 'k', page: 'old/1', time: w.now, body: '"*","say","a text"]', id: null, since: null },
    ])
    page.crash()
    const version = contract({ events: { say: z.object({ text: z.string() }) } })
    const hub = w.hub({ ...openHub, contract: version })
    const outbox = openOutbox(disk.openPage(), { maxAge: 1e15 })
    await w.client(hub, 'alice', { contract: version, outbox })
    await w.advance('1s')
    expect(outbox.items).toMatchObject([
      { state: 'refused', data: 'a text', earlier: true, error: { code: 'bad_payload' } },
    ])
  }))

test('an uncertain message of this page that is refused when it is sent again stays listed', () =>
  world({}, async (w) => {
    let refusing = false
    const { open } = startDisk(w, {}, ({ action }) => action !== 'send' || !refusing)
    const { client, outbox } = await open()
    await w.advance('1s')
    w.link(client).stall('1h', 'up')
    const sent = sendText(client, 'hi')
    await w.advance('2m')
    w.link(client).restore()
    refusing = true
    await w.advance('10m')
    expect(sent.outcome).toBe('uncertain')
    outbox.retry(outbox.items[0]?.key ?? '')
    await w.advance('1s')
    expect(outbox.items.map(({ state, error }) => [state, error?.code])).toEqual([['refused', 'forbidden']])
  }))
