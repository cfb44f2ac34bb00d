import { Hub, watchPresence } from '@chat/core'
import { expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

test('a client, a room, a presence and a hub tell Vue to make no proxy of them', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const room = client.join('#a')
    const hub = new Hub()
    for (const object of [client, room, watchPresence(room), hub]) {
      // Vue looks at this property of each object that it is given.
      expect(object).toHaveProperty('__v_skip', true)
      expect(Object.keys(object)).not.toContain('__v_skip')
    }
    await hub.close()
  }))
