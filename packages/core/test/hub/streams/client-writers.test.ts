import type { HubOptions, Untyped } from '@chat/core'
import { describe, expect, test, vi } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, outcome, paths, type Stage, type StageOptions, stage } from '../../support/stage.ts'

const written = (options: StageOptions = {}): Stage => stage({ clientStreams: ['answer'], ...options })

/** Opens a stream, and returns its address. */
async function open(client: RawClient, parent = '#a', start: unknown = '', meta = {}): Promise<string> {
  const answer = await client.request('send', parent, 'answer', start, { stream: true, ...meta })
  if (!answer.ok) throw new Error(`unable to open: ${answer.code} ${answer.message}`)
  return `^${String(answer.result['id'])}/${parent}`
}

const end = (client: RawClient, address: string, data: unknown = { state: 'done' }) =>
  client.request('send', address, '$end', data)

const part = (client: RawClient, address: string, data: unknown, event = 'answer') =>
  client.request('send', address, event, data)

/** Entries of a log as `[event, data, meta, from]`. */
const entries = (s: Stage, address: string): unknown[] =>
  s.store
    .read(address, { after: 0, limit: 1_000 })
    .entries.map(({ event, data, meta, from }) => [event, JSON.parse(data), JSON.parse(meta ?? 'null'), from])

/** Lets time pass for clients that stay connected. */
async function live(s: Stage, time: number, ...clients: RawClient[]): Promise<void> {
  for (let passed = 0; passed < time; passed += 20_000) {
    for (const client of clients) await client.say(['pong'])
    await s.advance(20_000)
  }
}

describe.each(paths)('a client that writes a stream, with a backplane that is %s', (path) => {
  test('opens it by a head, adds parts, and ends it; its room has head and result (P-SM-12, P-SM-7)', async () => {
    const s = written({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    expect(alice.welcome).toMatchObject({ features: ['writers'] })
    await bob.request('join', '#a')
    const address = await open(alice, '#a', 'He', { model: 'x' })
    await bob.request('join', address)
    expect(outcome(await part(alice, address, 'll'))).toBe('ok')
    expect(outcome(await part(alice, address, 'o'))).toBe('ok')
    const ended = await end(alice, address)
    const id = address.slice(1, address.indexOf('/'))
    expect(ended).toMatchObject({ ok: true, result: { at: 4, id: `${alice.id}.4` } })
    expect(id).toBe(`${alice.id}.1`)
    expect(entries(s, '#a')).toEqual([
      ['answer', 'He', { stream: true, model: 'x' }, 'alice'],
      ['answer', 'Hello', { model: 'x', of: id, end: 'done' }, 'alice'],
    ])
    expect(bob.messages(address).map(([, data]) => data)).toEqual(['He', 'll', 'o', { state: 'done' }])
    expect(bob.frames('msg').every((frame) => frame[5] === 'alice')).toBe(true)
  })

  test('is told conflict once the stream has ended, with the state that stands (P-SM-6)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const address = await open(alice)
    await end(alice, address, { state: 'failed', code: 'shop/closed', message: 'no more' })
    expect(entries(s, address).at(-1)).toEqual([
      '$end',
      { state: 'failed', code: 'shop/closed', message: 'no more' },
      null,
      'alice',
    ])
    expect(await part(alice, address, 'x')).toMatchObject({
      code: 'conflict',
      detail: { state: 'failed' },
    })
    expect(await end(alice, address)).toMatchObject({ code: 'conflict', detail: { state: 'failed' } })
    expect(entries(s, '#a')).toHaveLength(2)
  })

  test('repeats a head, a part and an end on another connection, and each is stored once (P-SM-2, P-PB-2)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a')
    await part(alice, address, 'b')
    await end(alice, address)
    const again = await s.resume(alice)
    const repeated = [
      await again.call(['send', 1, '#a', 'answer', 'a', { stream: true }]),
      await again.call(['send', 2, address, 'answer', 'b']),
      await again.call(['send', 3, address, '$end', { state: 'done' }]),
    ]
    expect(repeated.map((answer) => answer.ok && answer.result['dup'])).toEqual([true, true, true])
    expect(entries(s, address)).toHaveLength(3)
    expect(entries(s, '#a')).toHaveLength(2)
  })

  test('goes on at another node, where its log tells how far it is (P-SM-12, P-SM-3)', async () => {
    const s = written({ path })
    s.another()
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a')
    await part(alice, address, 'b')
    await s.drop(alice)
    const again = await s.resume(alice, { to: 2 })
    expect(outcome(await again.call(['send', 2, address, 'answer', 'b']))).toBe('ok')
    expect(outcome(await again.call(['send', 3, address, 'answer', 'c']))).toBe('ok')
    expect(outcome(await again.call(['send', 4, address, '$end', { state: 'done' }]))).toBe('ok')
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'abc', { end: 'done' }, 'alice'])
  })

  test('is lost when its session is gone, and not before (P-SM-8)', async () => {
    const s = written({ path })
    s.another()
    const [alice, bob] = [await s.client('alice'), await s.client('bob', {}, 2)]
    const address = await open(alice, '#a', 'a')
    await bob.request('join', address)
    await live(s, 60_000, alice, bob)
    await s.drop(alice)
    await live(s, 100_000, bob)
    expect(bob.messages(address)).toHaveLength(1)
    await live(s, 40_000, bob)
    expect(bob.messages(address).at(-1)?.[1]).toEqual({ state: 'lost' })
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'a', { end: 'lost' }, 'alice'])
  })

  test('is looked for by its own node, also when nobody reads (P-SM-8)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a')
    await s.drop(alice)
    await s.advance(125_000)
    expect(entries(s, address).at(-1)).toMatchObject(['$end', { state: 'lost' }, null, 'alice'])
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'a', { end: 'lost' }, 'alice'])
  })

  test('is told of a cancel at whatever node, and may end in its own way (P-SM-9, P-CN-4)', async () => {
    const s = written({ path })
    s.another()
    const [alice, bob] = [await s.client('alice'), await s.client('bob', {}, 2)]
    const address = await open(alice)
    expect(outcome(await bob.request('cancel', address))).toBe('ok')
    expect(alice.frames('cancel')).toEqual([['cancel', address]])
    expect(bob.frames('cancel')).toEqual([])
    expect(outcome(await part(alice, address, 'bye'))).toBe('ok')
    expect(outcome(await end(alice, address))).toBe('ok')
    await s.advance(6_000)
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'bye', { end: 'done' }, 'alice'])
  })

  test('is told of a cancel once, however often a reader repeats it (P-SM-9)', async () => {
    const s = written({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const address = await open(alice)
    for (let n = 0; n < 20; n++) expect(outcome(await bob.request('cancel', address))).toBe('ok')
    expect(alice.frames('cancel')).toEqual([['cancel', address]])
  })

  test('that ignores a cancel finds its stream ended (P-SM-9)', async () => {
    const s = written({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const address = await open(alice)
    await bob.request('cancel', address)
    await s.advance(5_100)
    expect(await part(alice, address, 'x')).toMatchObject({
      code: 'conflict',
      detail: { state: 'cancelled' },
    })
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', '', { end: 'cancelled' }, 'alice'])
  })

  test('takes a session that is not the writer for a stranger, also of the same user (P-SM-12)', async () => {
    const s = written({ path })
    const [alice, other, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    const address = await open(alice)
    for (const client of [other, bob]) {
      expect(outcome(await part(client, address, 'x'))).toBe('forbidden')
      expect(outcome(await end(client, address))).toBe('forbidden')
    }
    expect(outcome(await part(alice, address, 'mine'))).toBe('ok')
    expect(entries(s, address)).toHaveLength(2)
  })

  test('to a stream of the hub is forbidden (P-SM-12)', async () => {
    const s = written({ path })
    const bob = await s.client('bob')
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    expect(outcome(await part(bob, answer.address, 'x'))).toBe('forbidden')
    await s.settled(answer.end())
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', '', { end: 'done' }, null])
  })

  test('an err ends the writing: the hub ends the stream as failed, with its code (P-SM-12)', async () => {
    const wrong: [data: unknown, event: string, code: string, meta?: unknown][] = [
      [7, 'answer', 'bad_payload'],
      [['x'], 'answer', 'bad_payload'],
      ['\ud83d', 'answer', 'bad_payload'],
      ['x', 'other', 'bad_request'],
      ['x', 'answer', 'bad_request', { a: 1 }],
      ['x', '$other', 'bad_request'],
      [{ state: 'lost' }, '$end', 'bad_payload'],
      [{ state: 'failed', code: 'nonsense' }, '$end', 'bad_payload'],
      ['done', '$end', 'bad_payload'],
    ]
    for (const [data, event, code, meta] of wrong) {
      const s = written({ path })
      const alice = await s.client('alice')
      const address = await open(alice, '#a', 'so far')
      const answer = await alice.request('send', address, event, data, ...(meta === undefined ? [] : [meta]))
      expect(outcome(answer), `${event} ${JSON.stringify(data)}`).toBe(code)
      await s.settle()
      expect(entries(s, address).at(-1)).toMatchObject(['$end', { state: 'failed', code }, null, 'alice'])
      expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'so far', { end: 'failed' }, 'alice'])
      expect(outcome(await part(alice, address, 'more'))).toBe('conflict')
    }
  })

  test('an unknown stream of its own is not_found, and leaves no trace (P-SM-12)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    expect(outcome(await part(alice, `^${alice.id}.9/#a`, 'x'))).toBe('not_found')
    expect(outcome(await end(alice, `^${alice.id}.9/#a`))).toBe('not_found')
    expect(entries(s, '#a')).toEqual([])
  })

  test('writes at most 256 KiB, each entry with 100 bytes, and a head beyond it is not opened (P-SM-12)', async () => {
    const s = written({ path, limits: { frame: 400_000, transmission: 400_000 } })
    const alice = await s.client('alice')
    const full = 'x'.repeat(262_144 - 102)
    expect(outcome(await alice.request('send', '#a', 'answer', `${full}y`, { stream: true }))).toBe(
      'too_large',
    )
    const address = await open(alice, '#a', full.slice(0, -200))
    expect(outcome(await part(alice, address, 'x'.repeat(98)))).toBe('ok')
    expect(outcome(await part(alice, address, ''))).toBe('too_large')
    await s.settle()
    const [last] = s.store.read(address, { before: null, limit: 1 }).entries
    expect(JSON.parse(last?.data ?? '')).toMatchObject({ state: 'failed', code: 'too_large' })
  })

  test('knows on another node how much is written (P-SM-12)', async () => {
    const s = written({ path, limits: { frame: 400_000, transmission: 400_000 } })
    s.another()
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'x'.repeat(200_000))
    const again = await s.resume(alice, { to: 2 })
    expect(outcome(await again.call(['send', 2, address, 'answer', 'x'.repeat(62_500)]))).toBe('too_large')
  })

  test('has at most 8 streams open on a node; an end frees a place (P-SM-12)', async () => {
    const s = written({ path })
    const [alice, other, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    const all: string[] = []
    for (let n = 0; n < 8; n++) all.push(await open(alice))
    const head = ['send', '#a', 'answer', '', { stream: true }] as const
    expect(outcome(await other.request(...head))).toBe('too_large')
    expect(outcome(await bob.request(...head))).toBe('ok')
    await end(alice, String(all[0]))
    expect(outcome(await other.request(...head))).toBe('ok')
    expect(outcome(await other.request(...head))).toBe('too_large')
    await part(alice, String(all[1]), 7)
    expect(outcome(await other.request(...head))).toBe('ok')
  })

  test('a head that is repeated when its stream is forgotten opens nothing (P-SM-2, P-SM-10)', async () => {
    const s = written({ path, streams: { keep: 5_000 } })
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a')
    await end(alice, address)
    await s.advance(30_000)
    expect(entries(s, address)).toEqual([])
    const again = await s.resume(alice)
    const repeated = await again.call(['send', 1, '#a', 'answer', 'a', { stream: true }])
    expect(repeated).toMatchObject({ ok: true, result: { at: 1, id: `${alice.id}.1`, dup: true } })
    expect(outcome(await again.call(['send', 3, address, 'answer', 'b']))).toBe('not_found')
    await s.settle()
    expect(entries(s, address)).toEqual([])
    expect(entries(s, '#a')).toHaveLength(2)
  })

  test('a repeated head takes no place for ever (P-SM-2, P-SM-12)', async () => {
    let stuck = true
    const s = written({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          append: (address, ...rest) =>
            stuck && address === '#a' ? new Promise(() => {}) : backplane.append(address, ...rest),
        }),
    })
    s.another()
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'answer', '', { stream: true }])
    stuck = false
    const again = await s.resume(alice, { to: 2 })
    expect(outcome(await again.call(['send', 1, '#a', 'answer', '', { stream: true }]))).toBe('ok')
    await s.drop(again)
    await s.advance(200_000)
    const later = await s.client('alice', {}, 2)
    for (let n = 0; n < 8; n++) await open(later)
    expect(outcome(await later.request('send', '#a', 'answer', '', { stream: true }))).toBe('too_large')
  })

  test('a head that is stored after its connection has ended frees its place, too (P-SM-8, P-SM-12)', async () => {
    const later: (() => void)[] = []
    const s = written({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          append: async (address, ...rest) => {
            const result = await backplane.append(address, ...rest)
            if (address.startsWith('^') && later.length === 0)
              await new Promise<void>((resolve) => later.push(resolve))
            return result
          },
        }),
    })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'answer', '', { stream: true }])
    await s.drop(alice)
    later[0]?.()
    await s.advance(200_000)
    const again = await s.client('alice')
    for (let n = 0; n < 8; n++) await open(again)
    expect(outcome(await again.request('send', '#a', 'answer', '', { stream: true }))).toBe('too_large')
  })

  test('frees its places after a cancel, and when its session is gone (P-SM-12)', async () => {
    const s = written({ path })
    const [alice, other] = [await s.client('alice'), await s.client('alice')]
    const head = ['send', '#a', 'answer', '', { stream: true }] as const
    const first = await open(alice)
    for (let n = 0; n < 7; n++) await open(alice)
    await other.request('cancel', first)
    await s.advance(6_100)
    expect(outcome(await other.request(...head))).toBe('ok')
    expect(outcome(await other.request(...head))).toBe('too_large')
    await s.drop(alice)
    await s.advance(125_000)
    const third = await s.client('alice')
    for (let n = 0; n < 7; n++) expect(outcome(await third.request(...head))).toBe('ok')
  })

  test('asks the policy for the head only, and again once a permission was taken back (P-SM-12)', async () => {
    const asked = vi.fn<NonNullable<HubOptions<Untyped>['authorize']>>(({ action, meta }) =>
      action === 'send' ? meta?.['ok'] === true : true,
    )
    let allowed = true
    const s = written({ path, authorize: (request) => (allowed ? asked(request) : false) })
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a', { ok: true })
    await part(alice, address, 'b')
    await part(alice, address, 'c')
    expect(asked).toHaveBeenCalledTimes(1)
    expect(asked.mock.lastCall?.[0]).toMatchObject({
      action: 'send',
      address: '#a',
      event: 'answer',
      data: 'a',
      meta: { ok: true, stream: true },
    })
    await s.settled(s.hub.reauthorize('@alice'))
    expect(outcome(await part(alice, address, 'd'))).toBe('ok')
    expect(asked).toHaveBeenCalledTimes(2)
    expect(asked.mock.lastCall?.[0]).toMatchObject({ action: 'send', address: '#a', data: 'a' })
    await alice.request('auth', 'alice')
    await part(alice, address, 'e')
    expect(asked).toHaveBeenCalledTimes(3)
    allowed = false
    expect(outcome(await part(alice, address, 'f'))).toBe('ok')
    await s.settled(s.hub.to('#a').remove('@alice'))
    expect(outcome(await part(alice, address, 'g'))).toBe('forbidden')
    await s.settle()
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'abcdef', { end: 'failed' }, 'alice'])
  })

  test('a resume asks the policy again (P-SM-12, P-HS-7)', async () => {
    let allowed = true
    const s = written({ path, authorize: () => allowed })
    const alice = await s.client('alice')
    const address = await open(alice)
    allowed = false
    const again = await s.resume(alice)
    expect(outcome(await again.call(['send', 2, address, 'answer', 'x']))).toBe('forbidden')
  })

  test('hub.on hears the head and the result, not the parts (P-SM-7)', async () => {
    const s = written({ path })
    s.another()
    const alice = await s.client('alice')
    const heard: unknown[] = []
    s.hub.on('answer', (data, { from, meta, session, id }) => heard.push([data, from, meta, session?.id, id]))
    const address = await open(alice, '@bob', 'a')
    await part(alice, address, 'b')
    await end(alice, address)
    await s.advance(10_000)
    const id = `${alice.id}.1`
    expect(heard).toEqual([
      ['a', 'alice', { stream: true }, alice.id, id],
      ['ab', 'alice', { of: id, end: 'done' }, alice.id, `${id}.end`],
    ])
  })

  test('hub.on hears the result of a stream whose session is gone, without a session (P-SM-7, P-SM-8)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    await open(alice, '#a', 'a')
    const heard: unknown[] = []
    s.hub.on('answer', (data, { from, user, session }) => heard.push([data, from, user, session]))
    await s.drop(alice)
    await s.advance(130_000)
    expect(heard).toEqual([['a', 'alice', null, null]])
  })

  test('hub.on hears no stream that the hub itself writes in the name of a user', async () => {
    const s = written({ path })
    const heard: unknown[] = []
    s.hub.on('answer', (data) => heard.push(data))
    const answer = await s.settled(s.hub.to('#a').stream('answer', { start: 'a', from: 'alice' }))
    await s.settled(answer.end())
    expect(heard).toEqual([])
  })

  test('a head is bad_payload without a text or a list, and of a cut character (P-SM-2)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    for (const data of [null, 7, {}, '\ud83d'])
      expect(outcome(await alice.request('send', '#a', 'answer', data, { stream: true }))).toBe('bad_payload')
    expect(entries(s, '#a')).toEqual([])
    const list = await open(alice, '*', [1])
    expect(outcome(await part(alice, list, [2, 3]))).toBe('ok')
    await end(alice, list)
    expect(entries(s, '*').at(-1)).toMatchObject(['answer', [1, 2, 3], { end: 'done' }, 'alice'])
  })

  test('an event that is not declared is forbidden, and so is a declared one without a head (P-SM-12)', async () => {
    const authorize = vi.fn(() => true)
    const s = written({ path, authorize })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'say', 'x', { stream: true }))).toBe('forbidden')
    expect(outcome(await alice.request('send', '#a', 'answer', 'x'))).toBe('forbidden')
    await alice.say(['cast', '#a', 'answer', 'x'])
    expect(s.hub.counters.droppedCasts).toBe(1)
    expect(authorize).not.toHaveBeenCalled()
  })

  test('the mark of a head is bad_request elsewhere, and in every other form (P-MT-5)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const address = await open(alice)
    for (const meta of [
      { stream: false },
      { stream: 'x' },
      { stream: true, end: 'done' },
      { stream: true, call: 'x' },
    ])
      expect(outcome(await alice.request('send', '#a', 'answer', 'x', meta))).toBe('bad_request')
    expect(outcome(await alice.request('call', 'e', null, { stream: true }))).toBe('bad_request')
    expect(outcome(await alice.request('send', address, 'answer', 'x', { stream: true }))).toBe('bad_request')
    expect(outcome(await alice.request('send', `~${alice.id}`, 'answer', 'x', { stream: true }))).toBe(
      'unsupported',
    )
  })

  test('a hub that declares none has no such feature: a head is bad_request, a part forbidden (P-SM-12)', async () => {
    for (const options of [{ clientStreams: undefined }, { limits: { streams: 0 } }]) {
      const s = written({ path, ...options })
      const alice = await s.client('alice')
      expect(alice.welcome).toMatchObject({ features: [] })
      const refused = await alice.request('send', '#a', 'answer', 'x', { stream: true })
      expect(refused).toMatchObject({
        code: 'bad_request',
        message: expect.stringContaining('list its event in the contract'),
      })
      expect(outcome(await part(alice, `^${alice.id}.1/#a`, 'x'))).toBe('forbidden')
      expect(outcome(await end(alice, `^${alice.id}.1/#a`))).toBe('forbidden')
    }
  })

  test('parts count toward the rate as any send (P-SM-12, P-LV-6)', async () => {
    const s = written({ path, limits: { rate: 1, burst: 3 } })
    const alice = await s.client('alice')
    const address = await open(alice)
    await part(alice, address, 'a')
    await part(alice, address, 'b')
    expect(await part(alice, address, 'c')).toMatchObject({ code: 'rate_limited', detail: { limit: 'rate' } })
    await s.advance(4_000)
    expect(outcome(await part(alice, address, 'c'))).toBe('ok')
    expect(entries(s, address).map((entry) => (entry as unknown[])[1])).toEqual(['', 'a', 'b', 'c'])
  })

  test('parts that are written at once are stored and answered in their order (P-PB-4, P-ST-10)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const address = await open(alice)
    await alice.say(...['a', 'b', 'c'].map((data, n) => ['send', 10 + n, address, 'answer', data] as const))
    expect(alice.answered().slice(-3)).toEqual([10, 11, 12])
    expect(entries(s, address).map((entry) => (entry as unknown[])[1])).toEqual(['', 'a', 'b', 'c'])
  })

  test('the application may replace the beginning, and the mark stays (P-SM-12)', async () => {
    const s = written({
      path,
      authorize: ({ action }) => (action === 'send' ? { data: 'A', meta: null } : true),
    })
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a', { x: 1 })
    await part(alice, address, 'b')
    await end(alice, address)
    expect(entries(s, '#a')).toMatchObject([
      ['answer', 'A', { stream: true }, 'alice'],
      ['answer', 'Ab', { end: 'done' }, 'alice'],
    ])
    const bad = written({ path, authorize: () => ({ data: ['A'] }) })
    const bob = await bad.client('bob')
    expect(outcome(await bob.request('send', '#a', 'answer', 'b', { stream: true }))).toBe('internal')
    expect(bad.faults[0]).toContain('of the kind of the sender')
  })

  test('a stream in a user’s inbox is written by others, and read by that user only', async () => {
    const s = written({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const address = await open(alice, '@bob', 'psst')
    expect(outcome(await alice.request('join', address))).toBe('forbidden')
    expect(outcome(await bob.request('join', address))).toBe('ok')
    await part(alice, address, '!')
    await end(alice, address)
    expect(bob.messages(address).map(([, data]) => data)).toEqual(['psst', '!', { state: 'done' }])
  })

  test('a head whose stream would have too long an address is bad_request (P-SM-1)', async () => {
    const s = written({ path })
    const alice = await s.client('alice')
    const answer = await alice.request('send', `#${'x'.repeat(255)}`, 'answer', '', { stream: true })
    expect(['ok', 'bad_request']).toContain(outcome(answer))
    expect(outcome(answer)).toBe(alice.id.length + 5 + 255 > 300 ? 'bad_request' : 'ok')
  })

  test('the hub closes: its streams go on at another node (P-ND-1)', async () => {
    const s = written({ path })
    s.another()
    const alice = await s.client('alice')
    const address = await open(alice, '#a', 'a')
    const closed = s.hub.close()
    await s.advance(10_000)
    await closed
    const again = await s.resume(alice, { to: 2 })
    expect(outcome(await again.call(['send', 2, address, 'answer', 'b']))).toBe('ok')
    expect(outcome(await end(again, address))).toBe('ok')
    expect(entries(s, '#a').at(-1)).toMatchObject(['answer', 'ab', { end: 'done' }, 'alice'])
  })
})
