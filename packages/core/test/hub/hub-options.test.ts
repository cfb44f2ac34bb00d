import { Hub, UsageError } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { altered } from '../support/stage.ts'

const runtime = new VirtualTime().runtime('hub')
const starting = (options: object) => () => new Hub({ runtime, ...options })

describe('the options of a hub', () => {
  test.each([
    ['zero', 0],
    ['negative', -1],
    ['no number', '5'],
    ['not a number', Number.NaN],
    ['null', null],
    ['without end', Number.POSITIVE_INFINITY],
  ])('P-LV-3: a limit that is %s is refused, and the message names it', (_, value) => {
    expect(starting({ limits: { rooms: value } })).toThrow(UsageError)
    expect(starting({ limits: { rooms: value } })).toThrow('limits.rooms')
  })

  test('P-PR-4: presence of rooms that are larger than the backplane can keep is refused', () => {
    const backplane = new MemoryBackplane(new MemoryStore(runtime))
    const small = altered(backplane, { capabilities: { ...backplane.capabilities, largestRoom: 150 } })
    expect(starting({ backplane: small, presence: {} })).toThrow(/presence\.max is 200, .* at most 150/)
    expect(starting({ backplane: small, presence: { max: 150 } })).not.toThrow()
    expect(starting({ backplane: small })).not.toThrow()
  })

  test('P-LV-3: an unknown limit is refused, and the message lists the limits', () => {
    expect(starting({ limits: { messages: 5 } })).toThrow(/limits\.messages.*rooms/)
    expect(starting({ timeouts: { toString: 5 } })).toThrow('timeouts.toString')
  })

  test.each([
    ['authorise', { authorise: () => true }, 'authorize'],
    ['calls', { calls: ['rename'] }, 'timeouts'],
    ['timeouts.grace', { timeouts: { grace: 5 } }, 'heartbeatGrace'],
    ['presence.limit', { presence: { limit: 5 } }, 'rooms, max, grace, state'],
    ['log.size', { log: { size: 5 } }, 'retention, bytes, dedupeWindow'],
  ])(
    'an option %s that does not exist is refused, and the message lists the options',
    (name, options, known) => {
      expect(starting(options)).toThrow(UsageError)
      expect(starting(options)).toThrow(`there is no option '${name}'`)
      expect(starting(options)).toThrow(known)
    },
  )

  test.each([
    ['authenticate', { authenticate: 'alice' }],
    ['authorize', { authorize: true }],
    ['presence.rooms', { presence: { rooms: '#a' } }],
    ['limits', { limits: 5 }],
    ['presence', { presence: true }],
    ['backplane', { backplane: {} }],
    ['backplane', { backplane: null }],
    ['runtime', { runtime: {} }],
    ['runtime', { runtime: null }],
    ['contract', { contract: null }],
    ['contract', { contract: 'chat' }],
    ['logErrors', { logErrors: 'no' }],
    ['forward', { forward: 'both' }],
    ['observe', { observe: 'all' }],
  ])('a value of the wrong kind for %s is refused, and the message names the option', (name, options) => {
    expect(starting(options)).toThrow(UsageError)
    expect(starting(options)).toThrow(`the option '${name}'`)
  })

  test('a definition that contract() has not made is refused: it would validate nothing', () => {
    expect(starting({ contract: { events: { say: {} } } })).toThrow(
      "the option 'contract' must be made by contract({ events, calls, … }), but is an instance of Object",
    )
  })

  test('a log in memory beside a backplane is refused', () => {
    const backplane = new MemoryBackplane(new MemoryStore(runtime))
    expect(starting({ backplane, log: {} })).toThrow("the option 'log' is for the log in memory")
    expect(starting({ backplane, log: undefined })).not.toThrow()
  })

  test('P-LV-3: an absent or undefined limit has its default', () => {
    const hub = new Hub({ runtime, limits: { rooms: undefined as unknown as number, depth: 8 } })
    expect(hub.limits).toMatchObject({ rooms: 128, depth: 8, frame: 65_536 })
  })

  test('P-PB-3: a backplane that forgets repetitions before clients stop repeating is refused', () => {
    const store = (dedupeWindow: number) => new MemoryBackplane(new MemoryStore(runtime, { dedupeWindow }))
    expect(starting({ backplane: store(110_000) })).toThrow('recognises repetitions for 110000 ms')
    expect(starting({ backplane: store(110_001) })).not.toThrow()
    expect(starting({ timeouts: { heartbeat: 30_000 } })).toThrow('heartbeat')
    expect(
      starting({ log: { dedupeWindow: 150_000 }, timeouts: { heartbeat: 30_000, session: 150_000 } }),
    ).not.toThrow()
  })

  test('P-HS-6: sessions that are forgotten before repetitions are refused', () => {
    expect(starting({ timeouts: { session: 119_999 } })).toThrow('timeouts.session')
  })

  test('a hub without options starts without sessions, rooms and counts', () => {
    const hub = new Hub({ runtime })
    expect([hub.sessions, hub.rooms.size, hub.closing]).toEqual([[], 0, false])
    expect(hub.counters).toEqual({ droppedCasts: 0, unknownFrames: 0, strayReplies: 0 })
  })
})
