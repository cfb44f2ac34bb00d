import type { Client } from '@chat/core'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { connect, localStoragePositions } from '../src/index.ts'
import { type Chat, eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'

const key = 'chat positions of test'

beforeEach(() => localStorage.clear())

/** A page of a user in the lobby, with the texts that it hears. */
function open(hub: string, token = 'alice') {
  const client: Client<Chat> = connect<Chat>(urlOf(hub), {
    token,
    positions: localStoragePositions('test'),
  }) as never
  onTestFinished(() => client.close())
  const heard: string[] = []
  const room = client.join('#lobby')
  room.on('say', ({ text }) => heard.push(text))
  const errors: unknown[] = []
  client.on('$error', ({ subject }) => errors.push(subject))
  return { client, room, heard, errors }
}

it('continues where the page was, from the positions in localStorage', async () => {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  const first = open(hub)
  await first.room.ready
  await first.room.send('say', { text: 'in the evening' })
  await eventually(() => expect(first.heard).toEqual(['in the evening']))
  // The end of a page, before the time of the next write.
  dispatchEvent(new Event('pagehide'))
  const saved = localStorage.getItem(key)
  expect(saved).toContain('#lobby')
  first.client.close()
  await call('say', hub, '#lobby', 'say', { text: 'in the night' })
  const bob = open(hub, 'bob')
  await bob.room.ready
  bob.client.close()
  expect(bob.heard).toEqual([])
  const second = open(hub)
  await eventually(() => expect(second.heard).toEqual(['in the night']))
  expect(second.errors).toEqual([])
})

it('goes on without a storage that is full, and tells it once', async () => {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  for (let size = 4 * 1024 * 1024; size > 0; size = Math.floor(size / 2))
    for (let n = 0; n < 4; n++)
      try {
        localStorage.setItem(`${size} ${n}`, '.'.repeat(size))
      } catch {}
  onTestFinished(() => localStorage.clear())
  const { client, room, heard, errors } = open(hub)
  await reaches(client, 'connected')
  await room.ready
  for (const text of ['one', 'two']) {
    await room.send('say', { text })
    await eventually(() => expect(heard).toContain(text))
    dispatchEvent(new Event('pagehide'))
  }
  await eventually(() => expect(errors).toEqual(['positions']))
  expect(localStorage.getItem(key)).toBe(null)
})
