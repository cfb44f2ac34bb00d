import type { HubOptions, Untyped, User } from '@chat/core'
import { systemRuntime } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { outcome, type Stage, stage } from '../../support/stage.ts'

const broken = (): never => {
  throw new Error('broken')
}
const rejecting = (): Promise<never> => Promise.reject(new Error('broken'))

/** Takes any function for a callback: an application in JavaScript can give it. */
const callback = (value: unknown): never => value as never

/** A client that was there before a callback failed can still do everything. */
async function othersGoOn(s: Stage, run: () => Promise<unknown>): Promise<void> {
  const bob = await s.client('bob')
  await run()
  await s.settle()
  expect(outcome(await bob.request('send', '#other', 'say', 'hi'))).toBe('ok')
  expect(bob.code).toBeNull()
}

const failing = [
  ['throws', broken],
  ['rejects', rejecting],
] as const

describe.each(failing)(
  'a function of the application that %s costs its own operation at most',
  (_, fails) => {
    const only =
      (name: string) =>
      (user: User): unknown =>
        user.id === name ? fails() : true

    test('presence.rooms: the room has no presence, and $error tells', async () => {
      const rooms = callback((address: string) => (address === '#broken' ? fails() : true))
      const s = stage({ presence: { rooms } })
      await othersGoOn(s, async () => {
        const alice = await s.client('alice')
        expect(outcome(await alice.request('join', '#broken'))).toBe('ok')
        expect(outcome(await alice.request('who', '#broken'))).toBe('unsupported')
        expect(s.errors).toMatchObject([
          { source: 'policy', subject: '#broken' },
          { source: 'policy', subject: '#broken' },
        ])
        await expect(s.hub.to('#broken').members()).rejects.toThrow('no presence')
      })
    })

    test('authorize: the operation is refused, and $error tells', async () => {
      const s = stage({
        presence: {},
        authorize: callback(({ user }: { user: User }) => only('alice')(user)),
      })
      await othersGoOn(s, async () => {
        const alice = await s.client('alice')
        for (const operation of ['join', 'read', 'who'])
          expect(outcome(await alice.request(operation, '#a'))).toBe('internal')
        expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('internal')
        expect(s.errors.every(({ source }) => source === 'policy')).toBe(true)
      })
    })

    test('a handler, a listener and the listeners of $connect, $join, $leave, $disconnect and $expire: $error tells', async () => {
      const s = stage()
      for (const name of ['$connect', '$join', '$leave', '$disconnect', '$expire'] as const)
        s.hub.on(name, (event: { session: { user: { id: string } } }) => only('alice')(event.session.user))
      s.hub.on('say', (__, { user }) => only('alice')(user))
      s.hub.handle('work', (__, { user }) => only('alice')(user))
      await othersGoOn(s, async () => {
        const alice = await s.client('alice')
        await alice.request('join', '#a')
        expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('ok')
        expect(outcome(await alice.request('call', 'work', null))).toBe('internal')
        await alice.request('leave', '#a')
        await s.drop(alice)
      })
      await s.advance(130_000)
      const subjects = s.errors.map(({ subject }) => subject)
      expect(subjects).toEqual(['$connect', '$join', 'say', 'work', '$leave', '$disconnect', '$expire'])
    })

    test('observe and retention of the log: the message is stored, and $error tells', async () => {
      const observe = callback((stream: string) => (stream === '#broken' ? fails() : null))
      const retention = callback((stream: string) => (stream === '#broken' ? fails() : {}))
      const s = stage({ log: { observe, retention } })
      await othersGoOn(s, async () => {
        const alice = await s.client('alice')
        expect(outcome(await alice.request('send', '#broken', 'say', 'hi'))).toBe('ok')
        expect(s.faults).toContain('Error: broken')
        expect(s.errors.every(({ subject }) => subject === '#broken')).toBe(true)
      })
    })

    test('a listener of $error: nothing else happens', async () => {
      const s = stage({ authorize: () => broken() })
      s.hub.on('$error', fails)
      const alice = await s.client('alice')
      expect(outcome(await alice.request('join', '#a'))).toBe('internal')
      expect(s.errors).toHaveLength(1)
    })
  },
)

describe('values that throw when they are looked at cost their own link at most', () => {
  const later = async <T>(value: T): Promise<T> => value

  /** A user whose properties throw after some reads. */
  function fragile(reads: number): User {
    let left = reads
    const property = { enumerable: true, get: () => (left-- > 0 ? 'alice' : broken()) }
    return Object.defineProperty({}, 'id', property) as User
  }

  test.each([0, 1, 2, 3, 5, 8])('a user whose id throws after %d reads', async (reads) => {
    const authenticate = ({ token }: { token: string | null }): Promise<User> =>
      later(token === 'alice' ? fragile(reads) : { id: `${token}` })
    const s = stage({ authenticate, presence: {} })
    await othersGoOn(s, async () => {
      const alice = await s.open()
      await alice.say(hello('alice', { streams: { '#a': null } }))
      if (alice.code !== null) {
        expect([alice.code, s.faults]).toEqual([4004, ['Error: broken']])
        return
      }
      expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('ok')
      await s.drop(alice)
    })
  })

  test('a user that throws whenever a property is read', async () => {
    const user = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : broken()) })
    const s = stage({
      authenticate: callback(({ token }: { token: string }) =>
        later(token === 'alice' ? user : { id: token }),
      ),
    })
    await othersGoOn(s, async () => {
      const alice = await s.open()
      await alice.say(hello('alice'))
      expect([alice.code, s.faults]).toEqual([4004, ['Error: broken']])
    })
  })

  const thenables: readonly (readonly [string, () => unknown])[] = [
    ['whose then throws when it is read', () => new Proxy({}, { get: broken })],
    ['whose then throws when it is called', () => Object.fromEntries([['then', broken]])],
  ]

  test.each(thenables)(
    'an answer %s, of authorize, presence.rooms, a handler and listeners',
    async (_, answer) => {
      const options: Partial<HubOptions<Untyped>> = {
        authorize: callback(({ user }: { user: User }) => (user.id === 'bob' ? true : answer())),
        presence: { rooms: callback((address: string) => (address === '#a' ? answer() : false)) },
      }
      const s = stage(options)
      s.hub.on('say', (__, { user }) => (user.id === 'alice' ? answer() : null))
      s.hub.on('$connect', ({ session }) => (session.user.id === 'alice' ? answer() : null))
      s.hub.handle('work', () => answer())
      await othersGoOn(s, async () => {
        const alice = await s.client('alice')
        expect(outcome(await alice.request('join', '#a'))).toBe('internal')
        expect(outcome(await alice.request('call', 'work', null))).toBe('internal')
        expect(alice.code).toBeNull()
        await s.hub
          .to('#a')
          .members()
          .catch(() => {})
      })
      expect(s.faults.every((fault) => fault === 'Error: broken')).toBe(true)
    },
  )
})

test('numbers of the user that no clock can keep are refused with 4004, and $error names the property', async () => {
  for (const expiresIn of [Number.NaN, Number.POSITIVE_INFINITY, null, '60000', {}]) {
    const s = stage({ authenticate: callback(() => ({ id: 'alice', expiresIn })) })
    const alice = await s.open()
    await alice.say(hello('alice'))
    expect(alice.code).toBe(4004)
    expect(s.faults.join()).toContain('expiresIn')
  }
})

test('the hub reports what an observer of its own log throws', async () => {
  const store = new MemoryStore(systemRuntime, { observe: () => broken() })
  const errors: unknown[] = []
  const backplane = new MemoryBackplane(store)
  backplane.onError((error, address) => errors.push([String(error), address]))
  const key = { user: 'a', session: 's', ref: 1, hash: 'h', window: 8, by: 'n' }
  const message = { event: 'say', data: '1', meta: null, from: 'a', id: 's.1' }
  expect(await backplane.append('#a', message, key)).toMatchObject({ outcome: 'stored' })
  expect(errors).toEqual([['Error: broken', '#a']])
  await backplane.close()
})
