import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a page sends its messages although the user has cleared the storage', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const { client } = await open()
    const errors: unknown[] = []
    client.on('$error', ({ error, subject }) => subject === 'outbox' && errors.push(error))
    w.link(client).cut('1m')
    await w.advance('1s')
    const first = sendText(client, 'one')
    await w.advance('1s')
    await disk.openPage().update('alice', () => [])
    const second = sendText(client, 'two')
    await w.advance('1s')
    expect(disk.entriesOf('alice').map(({ body }) => body)).toEqual(['"*","say","one"]', '"*","say","two"]'])
    await w.advance('2m')
    expect([first.outcome, second.outcome, await stored()]).toEqual(['stored', 'stored', ['one', 'two']])
    expect(errors).toEqual([])
  }))
