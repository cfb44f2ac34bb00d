import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a message that the user has sent again twice, while the log is asked, is sent again once', () =>
  world({}, async (w) => {
    const { open, stored } = startDisk(w)
    const first = await open()
    await w.advance('1s')
    w.link(first.client).stall('1h', 'up')
    sendText(first.client, 'hi')
    await w.advance('1s')
    first.crash()
    w.link(first.client).cut('1h')
    const { outbox } = await open()
    await w.advance('1s')
    const key = outbox.items[0]?.key ?? ''
    outbox.retry(key)
    outbox.retry(key)
    await w.advance(5)
    outbox.retry(key)
    await w.advance('1s')
    expect([await stored(), outbox.items]).toEqual([['hi'], []])
  }))
