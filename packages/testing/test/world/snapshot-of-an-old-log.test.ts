import { type Hub, type Position, restoreFrom, type Snapshot } from '@chat/core'
import { expect, test } from 'vitest'
import { world } from '../../src/index.ts'

interface Notes {
  events: { note: string }
}

test('a page shows a state that was saved with a position before a restart, and misses no message (S-31)', () =>
  world({ seed: 3 }, async (w) => {
    const notes: string[] = []
    let saved: Position | null = null
    const keep = (hub: Hub<Notes>): void => {
      hub.on('note', (note, { position }) => {
        notes.push(note)
        if (note === 'one') saved = position
      })
    }
    const options = { authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }) }
    const hub = w.hub<Notes>({ ...options, authorize: () => true }, keep)
    const alice = await w.client(hub, 'alice')
    await alice.to('#notes').send('note', 'one')
    w.backplane.wipe('1s')
    await w.advance('10s')
    await alice.to('#notes').send('note', 'two')

    const bob = await w.client(hub, 'bob')
    const shown: string[] = []
    // The state was saved with the note "one", by a hub that has restarted since.
    const snapshot = (): Snapshot<string[]> => ({
      state: notes.slice(0, 1),
      position: saved ?? ['', 0, null],
    })
    const room = bob.join<string[]>('#notes', { snapshot: restoreFrom(snapshot) })
    room.on('$snapshot', ({ state }) => shown.splice(0, shown.length, ...state))
    room.on('note', (note) => shown.includes(note) || shown.push(note))
    await w.advance('1s')
    await alice.to('#notes').send('note', 'three')
    await w.advance('1s')
    expect(saved).not.toBeNull()
    expect(shown).toEqual(['one', 'two', 'three'])
  }))
