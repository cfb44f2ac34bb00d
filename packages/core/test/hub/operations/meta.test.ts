import { type HubDelivery, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

const rule = 'must be an object of strings, finite numbers, booleans and nulls, at most 2048 bytes'
const meta = { of: 'session1.1', traceparent: '00-1-2-01', shown: true, rank: 1.5, by: null }
/** Meta of exactly `bytes` bytes as JSON. */
const sized = (bytes: number) => ({ x: 'x'.repeat(bytes - '{"x":""}'.length) })

const bad: readonly (readonly [what: string, meta: string])[] = [
  ['a text', '"text"'],
  ['a list', '[]'],
  ['false', 'false'],
  ['0', '0'],
  ['a list in it', '{"tags":[]}'],
  ['an object in it', '{"of":{}}'],
  ['a number beyond a double', '{"n":1e999}'],
  ['the key `stream`', '{"stream":true}'],
  ['the key `end`', '{"end":"done"}'],
  ['the key `call`', '{"call":"s.1"}'],
  ['a key that starts with $', '{"$later":1}'],
  ['2049 bytes', JSON.stringify(sized(2_049))],
  ['2049 bytes that are fewer characters', JSON.stringify({ ...sized(2_041), é: '' })],
]

describe.each(paths)('the meta of messages, with a backplane that is %s', (path) => {
  test('P-MT-2, P-MT-4: is stored with the message, delivered, replayed and read', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    const since = await s.publish('#a', 'first')
    await alice.request('send', '#a', 'say', 'hi', meta)
    const live = bob.frames('msg').at(-1)
    expect(live?.slice(0, 7)).toEqual(['msg', '#a', 2, 'say', 'hi', 'alice', `${alice.id}.1`])
    expect(live?.slice(8)).toEqual([null, meta])
    const late = await s.client('carol', { streams: { '#a': since[0]?.position } })
    expect(late.frames('msg')).toEqual([live])
    const page = await late.request('read', '#a', { limit: 1 })
    expect(page).toMatchObject({ result: { messages: [live] } })
  })

  test('P-MT-1: the time of a message is that of the log, and never goes back within a log', async () => {
    const s = stage({ path })
    const bob = await s.client('bob', { streams: { '#a': null } })
    for (let i = 0; i < 5; i++) {
      await s.publish('#a', i)
      await s.advance(i * 1_000)
    }
    const times = bob.frames('msg').map((frame) => frame[7] as number)
    expect(times.every(Number.isSafeInteger)).toBe(true)
    expect(times.toSorted((a, b) => a - b)).toEqual(times)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(6_000)
  })

  test('P-MT-2: an element that is null is left out', async () => {
    const s = stage({ path })
    const bob = await s.client('bob', { streams: { '#a': null } })
    expect(outcome(await bob.request('send', '#a', 'say', 1, null))).toBe('ok')
    await bob.say(['cast', '#a', 'say', 1, { meta: null }])
    expect(bob.frames('msg')[0]).toHaveLength(8)
    expect(s.hub.counters.droppedCasts).toBe(0)
  })

  test.each(bad)(
    'P-MT-3, P-MT-5: %s is no meta: bad_request, and a cast is dropped and counted',
    async (_, json) => {
      const s = stage({ path })
      s.hub.handle('rename', () => 'renamed')
      const [alice, bob] = [await s.client('alice'), await s.client('bob', { streams: { '#a': null } })]
      const sent = await alice.say(`["send",1,"#a","say",1,${json}]`, `["call",2,"rename",null,${json}]`)
      expect(sent).toBeUndefined()
      // A head at a hub whose clients open no streams: the error says what the hub lacks.
      const reason = json === '{"stream":true}' ? 'clients of this hub open none' : rule
      for (const [ref, text] of [
        [1, reason],
        [2, rule],
      ] as const)
        expect(alice.answer(ref)).toMatchObject({
          code: 'bad_request',
          message: expect.stringContaining(text),
        })
      await alice.say(`["cast","#a","say",1,{"meta":${json}}]`)
      expect(s.hub.counters.droppedCasts).toBe(1)
      expect([...bob.frames('msg'), ...bob.frames('cast')]).toEqual([])
      expect(alice.code).toBeNull()
    },
  )

  test('P-MT-3: 2 KiB as JSON are allowed, and meta is checked with the event, before the policy', async () => {
    const asked: string[] = []
    const s = stage({ path, authorize: ({ action }) => asked.push(action) > 0 })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'say', 1, sized(2_048)))).toBe('ok')
    expect(outcome(await alice.request('send', '#a', 'say', 1, sized(2_049)))).toBe('bad_request')
    expect(outcome(await alice.request('send', '~x', 'say', 1, []))).toBe('bad_request')
    expect(asked).toEqual(['send'])
  })

  test('P-MT-4: is no part of what tells repetitions, and the meta of the first stands', async () => {
    const s = stage({ path })
    const alice = await s.client('alice', { streams: { '#a': null } })
    await alice.call(['send', 1, '#a', 'say', 'hi', { v: 1 }])
    const again = await alice.call(['send', 1, '#a', 'say', 'hi', { v: 2 }])
    expect(again).toMatchObject({ ok: true, result: { dup: true } })
    expect(alice.frames('msg').map((frame) => frame[9])).toEqual([{ v: 1 }])
  })

  test('P-MT-4: the policy, listeners and handlers see it; listeners see the time, too', async () => {
    const seen: unknown[] = []
    const s = stage({
      path,
      authorize: (request) => {
        seen.push([request.action, request.meta])
        return true
      },
    })
    const heard = ({ event, time, meta: given }: HubDelivery) =>
      seen.push([event, typeof time === 'number', given])
    s.hub.on('say', (_, message) => heard(message))
    s.hub.on('typing', (_, message) => heard(message))
    s.hub.handle('rename', (_, context) => seen.push(['call', context.meta]) > 0)
    const alice = await s.client('alice')
    await alice.request('send', '#a', 'say', 1, meta)
    await alice.say(['cast', '#a', 'typing', 1, { meta: { v: 1 } }])
    await alice.request('call', 'rename', null, { v: 2 })
    await alice.request('call', 'rename', null)
    expect(seen).toEqual([
      ['send', meta],
      ['say', true, meta],
      ['cast', { v: 1 }],
      ['typing', false, { v: 1 }],
      ['call', { v: 2 }],
      ['call', null],
    ])
  })

  test('P-MT-2: casts carry it behind session and key, with or without these', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob', { streams: { '#a': null } })]
    await alice.say(['cast', '#a', 'typing', 1, { meta }], ['cast', '#a', 'typing', 2, { key: 'k\n"', meta }])
    s.hub.to('#a').cast('typing', 3, { meta })
    s.hub.to(`~${bob.id}`).cast('typing', 4, { meta, key: 'k' })
    await s.settle()
    // Casts may overtake each other between nodes.
    const casts = bob.frames('cast').toSorted((a, b) => Number(a[3]) - Number(b[3]))
    expect(casts).toEqual([
      ['cast', '#a', 'typing', 1, 'alice', alice.id, null, meta],
      ['cast', '#a', 'typing', 2, 'alice', alice.id, 'k\n"', meta],
      ['cast', '#a', 'typing', 3, null, null, null, meta],
      ['cast', `~${bob.id}`, 'typing', 4, null, null, 'k', meta],
    ])
  })

  test('P-MT-2: the hub gives it to messages and asks', async () => {
    const s = stage({ path })
    const alice = await s.client('alice', { streams: { '#a': null } })
    void s.hub.to('#a').send('say', 1, { meta })
    void s.hub.broadcast('say', 2, { meta })
    const asked = s.hub.to('@alice').ask('confirm', { sure: true }, { meta })
    await s.settle()
    expect(alice.frames('msg').map((frame) => frame.slice(8))).toEqual([
      [null, meta],
      [null, meta],
    ])
    expect(alice.frames('ask')).toEqual([['ask', 1, 'confirm', { sure: true }, meta]])
    await alice.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
  })
})

test.each(bad.filter(([, json]) => !json.includes('1e999')))(
  'P-MT-3: the hub refuses %s as meta of its own',
  async (_, json) => {
    const target = stage().hub.to('#a')
    const options = { meta: JSON.parse(json) as never }
    for (const use of [
      async () => target.send('say', 1, options),
      async () => target.cast('say', 1, options),
      async () => target.ask('say', 1, options),
      async () => target.askAll('say', 1, options),
    ]) {
      await expect(use()).rejects.toBeInstanceOf(UsageError)
      await expect(use()).rejects.toThrow(rule)
    }
  },
)

test('P-MT-3: meta counts toward the largest message of the hub', async () => {
  const target = stage().hub.to('#a')
  await expect(target.send('say', 'x'.repeat(307_195))).resolves.toBeDefined()
  await expect(target.send('say', 'x'.repeat(307_195), { meta: { v: 1 } })).rejects.toMatchObject({
    code: 'too_large',
  })
})
