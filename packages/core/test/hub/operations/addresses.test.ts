import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

const bad = [
  '',
  '#',
  '@',
  '~',
  'lobby',
  '**',
  '#a\nb',
  '#\u0000',
  '#\u007f',
  '#\u009f',
  `#${'a'.repeat(256)}`,
  `@${'ä'.repeat(128)}`,
]
const good = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'error',
  '*',
  'a b',
  '../x',
  'a'.repeat(255),
  'ä'.repeat(127),
  '😀',
  '\u2028',
]

describe.each(paths)('addresses, with a backplane that is %s', (path) => {
  test.each(bad)(
    'P-AD-1: %j is bad_request to every operation, and the connection lives',
    async (address) => {
      const s = stage({ path })
      const alice = await s.client('alice')
      const operations = [
        ['join', address],
        ['leave', address],
        ['send', address, 'say', 1],
        ['read', address],
        ['who', address],
        ['state', address, 1],
      ] as const
      for (const [type, ...rest] of operations)
        expect(outcome(await alice.request(type, ...rest))).toBe('bad_request')
      await alice.say(['cast', address, 'say', 1])
      expect(s.hub.counters.droppedCasts).toBe(1)
      expect(alice.code).toBeNull()
      expect(s.store.usage.streams).toBe(2)
    },
  )

  test('P-AD-1: an address with a lone surrogate is malformed', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say('["join",1,"#\\ud800"]', '["send",2,"#a\\udc00","say",1]')
    expect([1, 2].map((ref) => outcome(alice.answer(ref)))).toEqual(['bad_request', 'bad_request'])
  })

  test.each(good)('P-AD-1: a room named %j is a room like any other', async (name) => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const address = `#${name}`
    expect(outcome(await bob.request('join', address))).toBe('ok')
    expect(outcome(await alice.request('send', address, 'say', 'hi'))).toBe('ok')
    await alice.say(['cast', address, 'typing', true])
    expect(bob.messages(address)).toEqual([[1, 'hi']])
    expect(bob.frames('cast')).toHaveLength(1)
    expect([...s.hub.rooms]).toEqual([[address, 1]])
    expect(await bob.request('read', address)).toMatchObject({ result: { top: 1 } })
    expect(outcome(await bob.request('leave', address))).toBe('ok')
    expect(s.hub.rooms.size).toBe(0)
  })

  test.each(['__proto__', 'constructor', 'error', 'a'.repeat(255)])(
    'P-AD-1: a user named %j is a user like any other',
    async (id) => {
      const s = stage({ path })
      const alice = await s.client(id)
      await s.publish(`@${id}`, 'hi')
      expect(alice.messages(`@${id}`)).toEqual([[1, 'hi']])
      expect((await s.resume(alice)).welcome.resumed).toBe(true)
    },
  )

  test('P-AD-1: names are compared exactly, never normalised', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const names = ['#ä', '#a\u0308', '#Ä', '#ä ']
    for (const name of names) await alice.request('join', name)
    expect(s.hub.rooms.size).toBe(4)
    await s.publish('#ä', 1)
    expect(alice.frames('msg').map((frame) => frame[1])).toEqual(['#ä'])
  })

  test('P-AD-2: a session receives everyone, its inbox and its own address without a join', async () => {
    const s = stage({ path, authorize: () => false })
    const alice = await s.client('alice')
    await s.publish('*', 1)
    await s.publish('@alice', 2)
    s.hub.to(`~${alice.id}`).cast('say', 3)
    await s.settle()
    expect([alice.messages('*'), alice.messages('@alice'), alice.frames('cast').length]).toEqual([
      [[1, 1]],
      [[1, 2]],
      1,
    ])
  })

  test.each(['@bob', '~somebody'])(
    'P-AD-2: receiving or reading %s is forbidden, even if the policy allows it',
    async (address) => {
      let asked = 0
      const s = stage({
        path,
        authorize: () => {
          asked++
          return true
        },
      })
      const alice = await s.client('alice', { streams: { [address]: null } })
      expect(alice.welcome.streams[address]).toMatchObject({ mode: 'refused', code: 'forbidden' })
      expect(outcome(await alice.request('join', address))).toBe('forbidden')
      expect(outcome(await alice.request('read', address))).toBe('forbidden')
      expect(outcome(await alice.request('who', address))).toBe('forbidden')
      expect(outcome(await alice.request('state', address, 1))).toBe('forbidden')
      expect(asked).toBe(0)
      await s.publish('@bob', 'secret')
      expect(alice.frames('msg')).toEqual([])
    },
  )

  test('P-AD-2: a session cannot join or read its own address', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('join', `~${alice.id}`))).toBe('forbidden')
    expect(outcome(await alice.request('read', `~${alice.id}`))).toBe('forbidden')
  })

  test('P-AD-2: a client may send and cast to another user’s inbox, when the policy allows it', async () => {
    const s = stage({ path, authorize: ({ action, address }) => address === '@bob' && action !== 'read' })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    expect(outcome(await alice.request('send', '@bob', 'dm', 'psst'))).toBe('ok')
    await alice.say(['cast', '@bob', 'typing', true])
    expect(bob.messages('@bob')).toEqual([[1, 'psst']])
    expect(bob.frames('cast')).toHaveLength(1)
    expect(outcome(await bob.request('send', '@alice', 'dm', 'no'))).toBe('forbidden')
  })

  test('P-AD-2: a send to a session is unsupported', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    expect(outcome(await alice.request('send', `~${bob.id}`, 'say', 1))).toBe('unsupported')
    expect(outcome(await alice.request('send', '~nobody', 'say', 1))).toBe('unsupported')
    await expect(s.hub.to(`~${bob.id}`).send('say', 1)).rejects.toThrow('casts and asks only')
  })

  test('P-AD-3, SEC-16: the hub alone sets the sender of a message', async () => {
    const s = stage({ path })
    const [mallory, bob] = [await s.client('mallory'), await s.client('bob')]
    await bob.request('join', '#a')
    await mallory.say(
      ['send', 1, '#a', 'say', { from: 'root' }, null, 'root', 'forged.1', 0],
      ['cast', '#a', 'say', 1, { from: 'root', session: 'forged' }, 'root'],
    )
    expect(bob.frames('msg')[0]?.slice(5, 7)).toEqual(['mallory', `${mallory.id}.1`])
    expect(bob.frames('cast')[0]?.slice(4)).toEqual(['mallory', mallory.id])
  })

  test('P-AD-1: the hub cannot send to a malformed address', () => {
    const { hub } = stage({ path })
    for (const address of bad) expect(() => hub.to(address)).toThrow('an address is')
  })
})
