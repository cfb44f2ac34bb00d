import { type HubOptions, systemRuntime } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { describe, expect, it } from 'vitest'
import type { WireFrame, WireLimits } from '../../src/conformance/index.ts'
import { type FaultyHub, type FaultyLink, fails } from '../support/faulty-hub.ts'

type Keys = Record<string, unknown>

const link = (make: () => FaultyLink): FaultyHub => ({ link: make })

/** Changes the frames of a type that a hub writes. */
const writes = (type: string, change: (frame: WireFrame) => readonly WireFrame[]): FaultyHub =>
  link(() => ({ down: (frame) => (frame[0] === type ? change(frame) : [frame]) }))

/** Changes the results of a hub. */
const results = (change: (result: Keys) => object): FaultyHub =>
  writes('ok', ([type, ref, result, ...rest]) => [
    result === undefined ? [type, ref] : [type, ref, change(result as Keys), ...rest],
  ])

/** Changes the welcomes of a hub. */
const welcomes = (change: (body: Keys) => object): FaultyHub =>
  writes('welcome', ([type, body]) => [[type, { ...(body as Keys), ...change(body as Keys) }]])

/** Changes the frames of a type that a client writes, before the hub sees them. */
const takes = (type: string, change: (frame: WireFrame) => readonly (WireFrame | string)[]): FaultyHub =>
  link(() => ({
    up: (frame) => (typeof frame !== 'string' && frame[0] === type ? change(frame) : [frame]),
  }))

/** A hub whose limits are not the limits that it tells. */
const tells = (told: Partial<WireLimits>, limits: NonNullable<HubOptions['limits']>): FaultyHub => ({
  ...welcomes((body) => ({ limits: { ...(body['limits'] as WireLimits), ...told } })),
  options: { limits },
})

let counter = 0

/** A backplane in memory with methods of its own. */
function backplaneWith(methods: (real: MemoryBackplane) => Partial<Backplane>): Backplane {
  const real = new MemoryBackplane(new MemoryStore(systemRuntime))
  const own = methods(real)
  return new Proxy<Backplane>(real, {
    get(target, name) {
      const of = name in own ? own : target
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

/** A backplane that takes every append for a new message. */
const forgetful = (): Backplane =>
  backplaneWith((real) => ({
    append: (address, message, key) => real.append(address, message, { ...key, session: `s${++counter}` }),
  }))

/** A backplane whose messages have a later time after every repetition. */
function stampsAnew(): Backplane {
  let repetitions = 0
  return backplaneWith((real) => ({
    async append(...args) {
      const answer = await real.append(...args)
      if (answer.outcome === 'duplicate') repetitions++
      return answer
    },
    async find(...args) {
      const answer = await real.find(...args)
      if (answer?.outcome === 'duplicate') repetitions++
      return answer
    },
    async read(...args) {
      const page = await real.read(...args)
      const entries = page.entries.map((entry) => ({ ...entry, time: entry.time + repetitions }))
      return { ...page, entries }
    },
  }))
}

/** A backplane for which the meta of a message is a part of its key. */
const comparesMeta = (): Backplane =>
  backplaneWith((real) => ({
    append: (address, message, key) =>
      real.append(address, message, { ...key, hash: `${key.hash}${message.meta}` }),
  }))

/** Newest secret of each session. */
const secrets = new Map<string, string>()

const acceptsEverySecret = link(() => ({
  down(frame) {
    const { session } = (frame[0] === 'welcome' ? frame[1] : {}) as {
      session?: { id: string; secret: string }
    }
    if (session !== undefined) secrets.set(session.id, session.secret)
    return [frame]
  },
  up(frame) {
    const body = typeof frame !== 'string' && frame[0] === 'hello' ? (frame[1] as Keys) : {}
    const session = body['session'] as { id: string } | undefined
    if (session === undefined) return [frame]
    return [['hello', { ...body, session: { ...session, secret: secrets.get(session.id) } }]]
  },
}))

const answersJoinsLate = link(() => {
  let held: WireFrame | null = null
  return {
    down(frame) {
      if (held !== null && frame[0] === 'msg') {
        const late = held
        held = null
        return [frame, late]
      }
      if (frame[0] !== 'ok' || frame[1] !== 1) return [frame]
      held = frame
      return []
    },
  }
})

const reversesAnswers = link(() => {
  const held: WireFrame[] = []
  return {
    down(frame) {
      if (frame[0] !== 'ok') return [frame]
      held.unshift(frame)
      return held.length < 60 ? [] : held.splice(0)
    },
  }
})

const losesOneMessage = link(() => {
  let messages = 0
  return { down: (frame) => (frame[0] === 'msg' && ++messages === 2 ? [] : [frame]) }
})

const ignoresLeaves = link(() => ({
  up(frame, answer) {
    if (typeof frame === 'string' || frame[0] !== 'leave') return [frame]
    answer(['ok', frame[1]])
    return []
  },
}))

const storesCasts = link(() => ({
  up: (frame) =>
    typeof frame !== 'string' && frame[0] === 'cast' ? [frame, ['send', 900, ...frame.slice(1, 4)]] : [frame],
  down: (frame) => (frame[1] === 900 ? [] : [frame]),
}))

const echoesCasts = link(() => {
  let session: unknown
  let user: unknown
  return {
    down(frame) {
      if (frame[0] === 'welcome') ({ user, session } = frame[1] as Keys)
      return [frame]
    },
    up(frame, answer) {
      const { id } = (session ?? {}) as { id?: string }
      if (typeof frame !== 'string' && frame[0] === 'cast')
        answer(['cast', frame[1], frame[2], frame[3], user, id])
      return [frame]
    },
  }
})

const waitsForHello = link(() => {
  let greeted = false
  return {
    up(frame) {
      greeted ||= frame[0] === 'hello'
      return greeted ? [frame] : []
    },
  }
})

const faults: readonly (readonly [fault: string, beginning: string, hub: FaultyHub])[] = [
  ['welcomes every token', 'a token that the hub', { options: { authenticate: () => ({ id: 'x' }) } }],
  ['allows every room', 'a room that the policy refuses', { options: { authorize: () => true } }],
  [
    'tells a durability that does not exist',
    'the welcome is the first',
    welcomes(() => ({ durability: '' })),
  ],
  ['has no limits', 'the welcome is the first', welcomes(() => ({ limits: {} }))],
  ['writes before the welcome', 'the frames behind hello', writes('welcome', (frame) => [['pong'], frame])],
  ['leaves streams out', 'each address of hello', welcomes(() => ({ streams: {} }))],
  [
    'takes a bad position for none',
    'the position 1 in hello',
    takes('hello', ([type, body]) => {
      const streams = Object.keys((body as { streams?: object }).streams ?? {})
      const cleared = Object.fromEntries(streams.map((address) => [address, null]))
      return [[type, { ...(body as Keys), streams: cleared }]]
    }),
  ],
  ['waits for a hello', 'a send before hello', waitsForHello],
  [
    'resumes no sessions',
    'resuming keeps the session',
    takes('hello', ([type, body]) => [[type, { ...(body as Keys), session: undefined }]]),
  ],
  ['accepts every secret', 'a wrong secret begins', acceptsEverySecret],
  ['has a secret for each session', 'the old secret lives', acceptsEverySecret],
  [
    'closes a replaced connection with 4001',
    'a session that is resumed closes its old',
    link(() => ({ closed: () => 4001 })),
  ],
  [
    'lets another user in by auth',
    'auth with the token of another user',
    writes('err', ([, ref]) => [['ok', ref, {}]]),
  ],
  [
    'skips lines that are no frame',
    'a line that is no frame closes with 4502, and frames before it keep their effect: "x"',
    link(() => ({ up: (frame) => (typeof frame === 'string' ? [] : [frame]) })),
  ],
  ['ignores unknown types', 'the unknown type "frob" with a ref', writes('err', () => [])],
  ['refuses trailing elements', 'unknown trailing elements are ignored: null', takes('ping', () => ['x'])],
  ['answers twice', 'one transmission carries many frames', writes('ok', (frame) => [frame, frame])],
  [
    'changes values',
    'the value [] arrives',
    writes('msg', (frame) => [frame.with(4, {}) as unknown as WireFrame]),
  ],
  ['takes every depth', 'an array one level too deep: bad_payload', tells({ depth: 64 }, { depth: 100 })],
  [
    'takes frames of every size',
    'a frame of the greatest size is taken, and a frame of a byte more closes with 4514: "a"',
    tells({ frame: 65_536 }, { frame: 200_000 }),
  ],
  ['has no rate', 'the rate is a burst', tells({ rate: 50, burst: 100 }, { rate: 100_000, burst: 100_000 })],
  ['lets every room in', 'a session joins as many rooms', tells({ rooms: 128 }, { rooms: 1_000 })],
  [
    'takes every name of an event',
    '"$error" is bad_request',
    takes('send', ([type, ref, address, event, data]) => [
      [type, ref, address, String(event).replace('$', ''), data],
    ]),
  ],
  [
    'normalises names',
    'rooms with similar names',
    takes('send', ([type, ref, address, ...rest]) => [[type, ref, String(address).normalize(), ...rest]]),
  ],
  [
    'tells users that exist from users that do not',
    'the answers for users and sessions',
    writes('err', ([type, ref, code]) => [[type, ref, code, `attempt ${++counter}`]]),
  ],
  [
    'lets the sender choose its name',
    'the hub sets the sender',
    writes('msg', (frame) => [frame.with(5, 'mallory') as unknown as WireFrame]),
  ],
  ['stores a repetition', 'a repeated send on one connection', { options: { backplane: forgetful() } }],
  [
    'answers a repetition as a new message',
    'a repeated send in one transmission',
    results(({ dup, ...result }) => result),
  ],
  ['tells no time', 'every message has the time', writes('msg', (frame) => [frame.slice(0, 7) as never])],
  [
    'tells seconds',
    'every message has the time',
    writes('msg', (frame) => [
      frame.with(7, Math.floor((frame[7] as number) / 1_000)) as unknown as WireFrame,
    ]),
  ],
  [
    'tells the time of its write',
    'the time of a message is the same for every reader',
    writes('msg', (frame) => [frame.with(7, (frame[7] as number) + ++counter) as unknown as WireFrame]),
  ],
  [
    'stamps a message anew when it is repeated',
    'a repetition does not change the time',
    { options: { backplane: stampsAnew() } },
  ],
  [
    'takes the time of its clients',
    'a client does not set the time',
    writes('msg', (frame) => [
      frame.with(7, (frame[4] as { time?: number }).time ?? 1) as unknown as WireFrame,
    ]),
  ],
  [
    'writes null for no meta',
    'a message without meta ends with its time',
    writes('msg', (frame) => [[...frame, null, null].slice(0, 10) as never]),
  ],
  [
    'loses the meta of messages',
    'the meta "{\\"of\\":\\"abc.1\\"}" comes with its message',
    writes('msg', (frame) => [frame.slice(0, 8) as never]),
  ],
  [
    'has meta for messages without meta',
    'a message whose meta is null or left out has none',
    writes('msg', (frame) => [[...frame, null, {}].slice(0, 10) as never]),
  ],
  [
    'takes every meta',
    'meta with an object as the meta of a send or a call',
    takes('send', (frame) => [frame.slice(0, 5) as never]),
  ],
  [
    'casts with every meta',
    'a cast with meta with the reserved key "stream" as its meta',
    takes('cast', (frame) => [frame.slice(0, 4) as never]),
  ],
  [
    'takes meta of every size',
    'meta of 2048 bytes is taken, and meta of a byte more is bad_request: a',
    takes('send', ([type, ref, address, event, data, meta]) => [
      [type, ref, address, event, data, { a: (meta as { a: string }).a.slice(0, 2_040) }],
    ]),
  ],
  [
    'drops the meta of a cast',
    'a cast carries its meta',
    writes('cast', (frame) => [frame.slice(0, 7) as never]),
  ],
  ['compares meta', 'a repetition with other meta is known', { options: { backplane: comparesMeta() } }],
  ['delivers twice', 'a message comes once', writes('msg', (frame) => [frame, frame])],
  [
    'links messages wrongly',
    'messages are linked by prev',
    writes('msg', (frame) => [[...frame, Math.max(0, (frame[2] as number) - 2)]]),
  ],
  [
    'links messages that need no link',
    'messages are linked by prev',
    writes('msg', (frame) => [[...frame, (frame[2] as number) - 1]]),
  ],
  [
    'hides a gap',
    'a join or hello with a position that the log does not have',
    results(({ reason, ...result }) => (reason === undefined ? result : { ...result, mode: 'live' })),
  ],
  [
    'has one reason for every gap',
    'a join or hello with a position that the log does not have',
    results(({ reason, ...result }) => (reason === undefined ? result : { ...result, reason: 'absent' })),
  ],
  ['loses a message of a replay', 'a join with the position of message 0', losesOneMessage],
  ['answers a join too late', 'the answer to a join comes before', answersJoinsLate],
  ['answers in another order', 'the answers to the sends of one address', reversesAnswers],
  ['ignores leaves', 'a leave ends the messages', ignoresLeaves],
  ['stores casts', 'a cast needs no join', storesCasts],
  ['sends a cast back', 'a cast comes to the other sessions of a room', echoesCasts],
  [
    'drops the key of a cast',
    'a cast carries its key',
    writes('cast', (frame) => [frame.slice(0, 6) as never]),
  ],
  ['forgets the time of a ping', 'a ping with 1 is answered', writes('pong', () => [['pong']])],
  [
    'reads one message too many',
    'a read pages with after and before',
    takes('read', ([type, ref, address, options]) => {
      const { limit, ...rest } = (options ?? {}) as { limit?: number }
      return [[type, ref, address, limit === undefined ? rest : { ...rest, limit: limit + 1 }]]
    }),
  ],
  [
    'reads the newest message first',
    'a read gives the messages as',
    results(({ messages, ...result }) => ({
      ...result,
      ...(Array.isArray(messages) ? { messages: messages.toReversed() } : {}),
    })),
  ],
  ['never tells that there is more', 'a read pages with', results((result) => ({ ...result, more: false }))],
  ['knows no members', 'a join is answered with the members', { options: { presence: undefined } as never }],
  [
    'skips versions of presence',
    'another state is told',
    writes('presence', (frame) => [frame.with(2, (frame[2] as number) + 1) as unknown as WireFrame]),
  ],
  ['counts members wrongly', 'who gives the members', results((result) => ({ ...result, count: 7 }))],
  [
    'ignores a cancel',
    'a call that is cancelled is answered',
    takes('cancel', ([type, ref]) => [[type, ref, 99]]),
  ],
  [
    'answers a cancelled call with a result',
    'a call and its cancel in one transmission',
    writes('err', ([type, ref, ...rest]) =>
      rest[0] === 'cancelled' ? [['ok', ref]] : [[type, ref, ...rest]],
    ),
  ],
  [
    'refuses a cancel of nothing',
    'a cancel of a ref that names no call',
    link(() => ({
      up: (frame, answer) => {
        if (typeof frame === 'string' || frame[0] !== 'cancel') return [frame]
        answer(['err', frame[1], 'not_found', 'there is no such call'])
        return []
      },
    })),
  ],
  [
    'counts cancels toward the rate',
    'cancels of calls do not count',
    takes('cancel', ([, ref]) => [['read', ref, '#a']]),
  ],
  ['cancels no ask', 'an ask is cancelled when its time is up', writes('cancel', () => [])],
  [
    'cancels another ask than the one that is over',
    'an ask is cancelled at the other sessions',
    writes('cancel', ([type, ask]) => [[type, (ask as number) + 1]]),
  ],
  ['ends without a bye', 'a hub that ends says bye', writes('bye', () => [])],
]

describe('the suite notices a hub that', () => {
  it.concurrent.each(faults)('%s (%s)', async (_, beginning, hub) => {
    expect(await fails({ link: () => ({}) }, beginning, 10_000)).toBe(false)
    expect(await fails(hub, beginning, 1_000)).toBe(true)
  })
})
