import type { ChatError } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

test('a message that did not fit into the storage goes out without it', () =>
  world({}, async (w) => {
    const { disk, open, stored } = startDisk(w)
    const { client, errors, page } = await open()
    await w.advance('1s')
    const { update } = page
    // A storage that is full fails once it has the new entries.
    Object.assign(page, {
      update: (user: string, change: Parameters<typeof update>[1]) =>
        update(user, (entries) => {
          change(entries)
          throw new Error('full')
        }),
    })
    const sent = sendText(client, 'hi')
    await w.advance('1s')
    expect([sent.outcome, await stored()]).toEqual(['stored', ['hi']])
    expect(errors.map((error) => (error as ChatError).message)).toEqual([
      'unable to keep messages in the outbox: full',
    ])
    expect(disk.entriesOf('alice')).toEqual([])
  }))
