import { Client } from '@chat/core'
import { messages, notices, people, status, typing, unread } from '@chat/store'
import { expect, test } from 'vitest'

test('stores tell Vue to make no proxy of them', () => {
  const client = new Client({ dial: () => new Promise(() => {}) })
  const room = client.join('#a')
  const stores = [
    messages(room, 'say'),
    people(room),
    typing(room),
    unread(room, 'say'),
    notices(client, 'notice'),
    status(client),
  ]
  for (const store of stores) {
    expect(store).toHaveProperty('__v_skip', true)
    expect(Object.keys(store)).not.toContain('__v_skip')
  }
  client.close()
})
