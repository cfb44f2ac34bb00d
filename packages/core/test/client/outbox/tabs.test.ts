import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a tab sends the messages of a tab that has crashed, and not those of an open tab', () =>
  world({}, async (w) => {
    const { open, stored } = startDisk(w)
    const [first, second] = [await open(), await open()]
    w.link(first.client).cut('1h')
    await w.advance('2m')
    sendText(first.client, 'hi')
    await w.advance('2m')
    expect(await stored()).toEqual([])
    first.crash()
    await w.advance('2m')
    expect(await stored()).toEqual(['hi'])
    expect(second.outbox.items).toEqual([])
  }))

test('where no tab can tell which tabs are open, one of them sends a message', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    disk.blind = true
    const first = await open()
    w.link(first.client).cut('10m')
    const sent = sendText(first.client, 'hi')
    await w.advance('1s')
    await open()
    await w.advance('11m')
    expect([sent.outcome, await stored()]).toEqual(['uncertain', ['hi']])
  }))
