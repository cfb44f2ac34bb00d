import type { ChatError, OutboxEntry } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

const sound: OutboxEntry = {
  ...{
    key: 'old/1.1',
    page: 'old/1',
    time: Date.UTC(2026, 0, 1),
    body: '"*","say","sound"]',
    id: null,
    since: null,
  },
}

const malformed: readonly unknown[] = [
  null,
  'an entry',
  { ...sound, body: '"*","say"' },
  { ...sound, body: '"no address","say","hi"]' },
  { ...sound, body: '"*",7,"hi"]' },
  { ...sound, body: 7 },
  { ...sound, key: undefined },
  { ...sound, id: 7 },
]

test('malformed entries are dropped and told once, and the others are sent', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const page = disk.openPage()
    await page.update('alice', () => [...malformed, sound] as OutboxEntry[])
    page.crash()
    const next = await open()
    sendText(next.client, 'own')
    await w.advance('1s')
    expect(await stored()).toEqual(['sound', 'own'])
    expect(next.errors.map((error) => (error as ChatError).message)).toEqual([
      'unable to send 8 messages: the storage has them malformed',
    ])
    expect([next.outbox.items, disk.entriesOf('alice')]).toEqual([[], []])
  }))

test('a message whose place in the log is malformed is uncertain', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const page = disk.openPage()
    const since = ['', 'first'] as unknown as OutboxEntry['since']
    await page.update('alice', () => [{ ...sound, id: 'session.1', since }])
    page.crash()
    const next = await open()
    await w.advance('1s')
    expect([next.outbox.items.map(({ state }) => state), await stored()]).toEqual([['uncertain'], []])
  }))
