import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a message that was sent offline is stored after a reload, once and in order', () =>
  world({}, async (w) => {
    const { open, stored, disk } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('1h')
    sendText(first.client, 'one')
    sendText(first.client, 'two')
    await w.advance('1m')
    first.crash()
    const next = await open()
    sendText(next.client, 'three')
    expect(next.outbox.items).toEqual([expect.objectContaining({ data: 'three', earlier: false })])
    await w.advance('1s')
    expect(await stored()).toEqual(['one', 'two', 'three'])
    expect([next.outbox.items, disk.entriesOf('alice')]).toEqual([[], []])
  }))

test('a message that the earlier page wrote is found in the log, and not sent again', () =>
  world({}, async (w) => {
    const { open, stored, disk } = startDisk(w)
    const first = await open()
    await w.advance('1s')
    sendText(first.client, 'hi')
    while (first.outbox.items[0]?.state !== 'written') await w.advance(1)
    first.crash()
    expect(disk.entriesOf('alice')).toHaveLength(1)
    const next = await open()
    await w.advance('1s')
    expect(await stored()).toEqual(['hi'])
    expect([next.outbox.items, disk.entriesOf('alice')]).toEqual([[], []])
  }))

test('a message that was written and is not in the log is uncertain: it is sent again when the user says so', () =>
  world({}, async (w) => {
    const { hub, open, stored } = startDisk(w)
    const first = await open()
    await w.advance('1s')
    w.link(first.client).stall('1h')
    sendText(first.client, 'hi')
    sendText(first.client, 'there')
    await w.advance('1s')
    first.crash()
    w.link(first.client).cut('1h')
    const next = await open()
    await w.advance('1s')
    const [hi, there] = next.outbox.items
    expect(next.outbox.items.map(({ state, earlier }) => [state, earlier])).toEqual([
      ['uncertain', true],
      ['uncertain', true],
    ])
    expect(await stored()).toEqual([])
    next.outbox.retry(hi?.key ?? '')
    next.outbox.discard(there?.key ?? '')
    await w.advance('1s')
    const { messages } = await hub.to('*').history()
    expect(messages.map(({ data, meta }) => [data, meta])).toEqual([['hi', { again: hi?.id }]])
    expect(next.outbox.items).toEqual([])
  }))

test('an uncertain message that arrives late leaves the outbox', () =>
  world({}, async (w) => {
    const { open, stored } = startDisk(w)
    const first = await open()
    await w.advance('1s')
    w.link(first.client).stall('5s')
    sendText(first.client, 'hi')
    await w.advance('100ms')
    first.page.crash()
    const next = await open()
    await w.advance('1s')
    expect(next.outbox.items.map(({ state }) => state)).toEqual(['uncertain'])
    await w.advance('90s')
    expect(await stored()).toEqual(['hi'])
    expect(next.outbox.items).toEqual([])
  }))

test('a client that is closed leaves its messages to the next', () =>
  world({}, async (w) => {
    const { open, stored } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('1h')
    const sent = sendText(first.client, 'hi')
    first.client.close()
    await w.advance('1s')
    expect(sent.outcome).toBe('closed')
    await open()
    await w.advance('1s')
    expect(await stored()).toEqual(['hi'])
  }))
