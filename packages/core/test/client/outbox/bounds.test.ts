import { ChatError, Client, openOutbox, UsageError } from '@chat/core'
import { OutboxDisk, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a send to an outbox without room is rejected as full, and its error names the option', () =>
  world({}, async (w) => {
    const { open } = startDisk(w)
    const { client } = await open({ max: 2, maxBytes: 80 })
    w.link(client).cut('1h')
    sendText(client, 'one')
    await expect(client.to('*').send('say', 'x'.repeat(80))).rejects.toThrow(
      "unable to send: the outbox has no room, as its option 'maxBytes' is 80",
    )
    sendText(client, 'two')
    await expect(client.to('*').send('say', 'three')).rejects.toThrow("its option 'max' is 2")
    await expect(client.to('*').send('say', 'three')).rejects.toMatchObject({ code: 'full' })
  }))

test('a message of an earlier page that is too old is dropped, and $error tells of it', () =>
  world({}, async (w) => {
    const { open, stored, disk } = startDisk(w)
    const first = await open()
    w.link(first.client).cut('48h')
    sendText(first.client, 'old')
    await w.advance('24h')
    sendText(first.client, 'young')
    await w.advance('1s')
    first.crash()
    const next = await open({ maxAge: 3_600_000 })
    await w.advance('1s')
    expect(await stored()).toEqual(['young'])
    expect(disk.entriesOf('alice')).toEqual([])
    expect(next.errors.map((error) => (error as ChatError).message)).toEqual([
      "unable to send 1 messages: they waited longer than the option 'maxAge'",
    ])
    expect(next.errors[0]).toBeInstanceOf(ChatError)
  }))

test('wrong options, and an outbox for two clients, are refused', () =>
  world({}, async (w) => {
    const page = () => new OutboxDisk(w.runtime('disk')).openPage()
    expect(() => openOutbox(page(), { maxAge: 0 })).toThrow(
      "unable to open an outbox: the option 'maxAge' must be a number above 0, but is 0",
    )
    expect(() => openOutbox(page(), { most: 3 } as object)).toThrow(
      "there is no option 'most'; the options are user, max, maxBytes, maxAge",
    )
    const outbox = openOutbox(page())
    const dial = () => new Promise<never>(() => {})
    const client = new Client({ dial, outbox, runtime: w.runtime('client') })
    expect(() => new Client({ dial, outbox, runtime: w.runtime('other') })).toThrow(UsageError)
    client.close()
  }))

test.each([[undefined], [null], [{}], ['indexedDB'], [{ update() {}, close() {} }]])(
  'a storage without its methods is refused: %j',
  (storage) => {
    expect(() => openOutbox(storage as never)).toThrow(
      /^unable to open an outbox: give a storage with the method (?:update|isClosed), not /,
    )
  },
)
