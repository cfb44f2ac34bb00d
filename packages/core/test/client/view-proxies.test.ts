import { Hub, openOutbox, readMessages, systemRuntime, watchPresence } from '@chat/core'
import { OutboxDisk } from '@chat/testing'
import { expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

test('a client, a room, a presence, a cursor, an outbox and a hub tell Vue to make no proxy of them', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const room = client.join('#a')
    const hub = new Hub()
    const outbox = openOutbox(new OutboxDisk(systemRuntime).openPage())
    for (const object of [client, room, watchPresence(room), readMessages(room), outbox, hub]) {
      // Vue looks at this property of each object that it is given.
      expect(object).toHaveProperty('__v_skip', true)
      expect(Object.keys(object)).not.toContain('__v_skip')
    }
    await hub.close()
  }))
