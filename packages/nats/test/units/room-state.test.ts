import { describe, expect, test } from 'vitest'
import type { LeaseTable } from '../../src/presence/leases.ts'
import { maxSteps, RoomState } from '../../src/presence/room-state.ts'

const leases: LeaseTable = { n1: { incarnation: 'i1', expires: 1_000, keep: 500 } }
const session = (name: string, state?: string) => ({
  ...{ session: name, user: 'alice', generation: 1, node: 'n1' },
  ...(state === undefined ? {} : { state }),
})

describe('the members of a room', () => {
  test('a session without a state keeps its own, and a state is remembered for its time', () => {
    const room = new RoomState(null, 0)
    expect(room.enter([session('s1', '"x"'), session('s2')], leases).map(({ state }) => state)).toEqual([
      '"x"',
      'null',
    ])
    expect(room.enter([session('s1')], leases)[0]?.state).toBe('"x"')
    room.leave('s1', 1, { duration: 100, now: 0 })
    const stored = room.toStored('e')
    const soon = new RoomState(stored, 0)
    soon.expire(leases, 99)
    expect(soon.enter([session('s1')], leases)[0]?.state).toBe('"x"')
    const late = new RoomState(stored, 0)
    late.expire(leases, 100)
    expect(late.enter([session('s1')], leases)[0]?.state).toBe('null')
  })

  test('members leave when the lease of their node has run out, or is another one', () => {
    const room = new RoomState(null, 0)
    room.enter([session('s1', '1'), session('s2', '2')], leases)
    const stored = room.toStored('e')
    for (const [table, now] of [
      [leases, 1_000],
      [{ n1: { incarnation: 'i2', expires: 5_000, keep: 500 } }, 10],
      [{}, 10],
    ] as const) {
      const later = new RoomState(stored, 0)
      later.expire(table, now)
      expect(later.members).toEqual([])
      expect(later.steps[0]?.changes).toEqual([
        { session: 's1', member: null },
        { session: 's2', member: null },
      ])
    }
  })

  test('a room made anew continues above every revision that it has had, after any number of steps', () => {
    // A message of the stream holds as many steps as it can, and then the room is forgotten.
    let revision = 0
    for (let sequence = 1; sequence < 20; sequence++) {
      const room = new RoomState(null, sequence - 1)
      expect(room.revision).toBeGreaterThan(revision)
      for (let n = 0; n < maxSteps; n++) room.enter([session('s1', `${n}`)], leases)
      expect(room.revision).toBeGreaterThan(revision)
      ;({ revision } = room)
    }
  })

  test('each step names the revision before it', () => {
    const room = new RoomState(null, 4)
    const start = room.revision
    room.enter([session('s1')], leases)
    room.enter([session('s1')], leases)
    room.enter([session('s2')], leases)
    expect(room.steps.map(({ prev, revision }) => [prev - start, revision - start])).toEqual([
      [0, 1],
      [1, 2],
    ])
  })
})
