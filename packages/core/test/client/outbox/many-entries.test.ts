import { openOutbox } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { startDisk } from './support/offline.ts'

test('hundreds of messages of many pages are sent in their order, and wait for room in the outbox', () =>
  world({}, async (w) => {
    const { disk, hub, open } = startDisk(w)
    const page = disk.openPage()
    await page.update('alice', () =>
      Array.from({ length: 600 }, (_, n) => ({
        key: `${n}`,
        page: `page${Math.floor(n / 30)}/1`,
        ...{ time: Date.UTC(2026, 0, 1), body: `"*","say",${n}]`, id: null, since: null },
      })),
    )
    page.crash()
    const next = await open({ max: 100 })
    let most = 0
    next.outbox.subscribe(() => {
      most = Math.max(most, next.outbox.items.length)
    })
    await w.advance('20m')
    const { messages } = await hub.to('*').history({ limit: 1_000 })
    expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 600 }, (_, n) => n))
    expect([most, next.errors, disk.entriesOf('alice')]).toEqual([120, [], []])
  }))

test('a page that left more messages than a client may queue loses none', () =>
  world({}, async (w) => {
    const { disk, hub, stored } = startDisk(w)
    const page = disk.openPage()
    await page.update('alice', () =>
      Array.from({ length: 40 }, (_, n) => ({
        key: `${n}`,
        page: 'page/1',
        ...{ time: Date.UTC(2026, 0, 1), body: `"*","say",${n}]`, id: null, since: null },
      })),
    )
    page.crash()
    const client = await w.client(hub, 'alice', { outbox: openOutbox(disk.openPage()), maxQueued: 20 })
    const errors: unknown[] = []
    client.on('$error', ({ error }) => errors.push(error))
    await w.advance('5m')
    expect((await stored()).map(Number)).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect(errors).toEqual([])
  }))
