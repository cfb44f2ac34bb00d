import { type ChatError, openOutbox } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

const textsOf = (errors: readonly unknown[]): string[] => errors.map((error) => (error as ChatError).message)

test('messages go out without a storage that is blocked, and the application is told once', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    disk.failure = new Error('blocked')
    const { client, errors, outbox } = await open()
    const sent = sendText(client, 'one')
    await w.advance('1s')
    sendText(client, 'two')
    await w.advance('1s')
    expect(sent.outcome).toBe('stored')
    expect(await stored()).toEqual(['one', 'two'])
    expect(textsOf(errors)).toEqual(['unable to keep messages in the outbox: blocked'])
    expect(outbox.items).toEqual([])
  }))

test('a storage that hangs holds messages up for seconds only, and what it does later has no effect', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const { client, errors, page } = await open()
    await w.advance('1s')
    const { update } = page
    const late: (() => void)[] = []
    Object.assign(page, {
      update: (...args: Parameters<typeof update>) =>
        new Promise((resolve) => {
          late.push(() => resolve(update(...args)))
        }),
    })
    sendText(client, 'hi')
    await w.advance('4s')
    expect(await stored()).toEqual([])
    await w.advance('5900ms')
    w.link(client).stall('2s')
    await w.advance('1s')
    // The message is under way, and the storage would have it as a message that was not written.
    late[0]?.()
    await w.advance('500ms')
    expect([disk.entriesOf('alice'), await stored()]).toEqual([[], []])
    await w.advance('10s')
    expect(await stored()).toEqual(['hi'])
    expect(textsOf(errors)).toEqual(['unable to keep messages in the outbox: no answer within 5000 ms'])
  }))

test('a message that a storage keeps and cannot change is uncertain, and a later page sends it', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('10s')
    const sent = sendText(first.client, 'hi')
    await w.advance('1s')
    disk.failure = new Error('broken')
    await w.advance('1m')
    expect([sent.outcome, await stored()]).toEqual(['uncertain', []])
    first.crash()
    disk.recover()
    await open()
    await w.advance('1s')
    expect(await stored()).toEqual(['hi'])
  }))

test('messages that a page takes while its storage fails are left to a later page', () =>
  world({}, async (w) => {
    const { disk, hub, open, stored } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('1h')
    await w.advance('1m')
    sendText(first.client, 'one')
    await w.advance('1s')
    first.crash()
    const page = disk.openPage()
    const { update } = page
    let steps = 0
    const poor: typeof update = async (...args) => {
      // The third step takes the message. Its answer is late, and the steps meanwhile fail.
      if (++steps > 3) throw new Error('full')
      await update(...args)
      if (steps === 3) await new Promise<void>((resolve) => w.runtime('late').timer(2_000, resolve))
    }
    const client = await w.client(hub, 'alice', { outbox: openOutbox(Object.assign(page, { update: poor })) })
    client.on('$error', () => {})
    await w.advance('500ms')
    sendText(client, 'two')
    await w.advance('10s')
    expect([steps > 3, await stored()]).toEqual([true, ['two']])
    page.crash()
    client.close()
    await open()
    await w.advance('1s')
    expect(await stored()).toEqual(['two', 'one'])
  }))
