import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { findMessages, sharedRoom } from '../../src/binding.ts'

test('components with the same options share a store, also where a function is made anew; another function makes another', () =>
  world({}, async (w) => {
    const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
    const room = (await w.client(hub, 'alice')).join('#lobby')
    const find = (mayChange?: () => boolean) => findMessages(room, 'say', { edits: 'edit', mayChange })
    expect(find(() => true)).toBe(find(() => true))
    expect(find(() => true)).not.toBe(find(() => false))
    expect(find()).not.toBe(find(() => true))
  }))

test('an option that a room does not have is refused when the room is joined', () =>
  world({}, async (w) => {
    const alice = await w.client(w.hub({ authenticate: () => ({ id: 'alice' }) }), 'alice')
    const room = sharedRoom(alice, '#lobby', { sinc: null } as object)
    expect(() => room.subscribe(() => {})).toThrow(/there is no option 'sinc'/)
  }))
