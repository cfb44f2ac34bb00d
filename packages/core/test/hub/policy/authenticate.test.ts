import type { Credentials, User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { deferred, paths, stage } from '../../support/stage.ts'

describe.each(paths)('credentials, with a backplane that is %s', (path) => {
  test.each([[[2, 3]], [[0, 0]], [[-1, 0]], [[2, 1]]])(
    'P-HS-3: without a common version, of %j, the connection is closed with 4506',
    async (v) => {
      let asked = 0
      const s = stage({ path, authenticate: () => ({ id: `${++asked}` }) })
      const alice = await s.open()
      await alice.say(['hello', { v }])
      expect([alice.code, alice.frames(), asked]).toEqual([4506, [], 0])
    },
  )

  test('P-HS-3: a range of versions that includes the hub’s is accepted, and the welcome names the version', async () => {
    const s = stage({ path })
    const alice = await s.open()
    expect(await alice.hello('alice', { v: [0, 9] })).toMatchObject({ v: 1 })
  })

  test.each([
    ['at once', (): null => null],
    ['later', async (): Promise<null> => null],
  ])(
    'P-HS-3: credentials that are refused %s are closed with 4501, and the reason says nothing',
    async (_, authenticate) => {
      const s = stage({ path, authenticate })
      const alice = await s.open()
      await alice.say(hello('secret token'))
      expect(alice.ended).toEqual({ code: 4501, reason: 'unauthorized' })
    },
  )

  test('P-HS-3: a hub without an authenticate option refuses every client, and tells the application the reason', async () => {
    const s = stage({ path })
    const hub = s.another({ authenticate: undefined })
    const faults: unknown[] = []
    hub.on('$error', ({ error }) => faults.push(String(error)))
    const alice = await s.open({}, 2)
    await alice.say(hello('alice'))
    expect(alice.code).toBe(4501)
    expect(faults.join()).toContain('`authenticate`')
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('database at 10.0.0.3 is down')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('database at 10.0.0.3 is down')
      },
    ],
  ] as const)(
    'P-HS-3: an authenticate that %s closes with 4004, and only the application gets the error',
    async (_, authenticate) => {
      const s = stage({ path, authenticate })
      const alice = await s.open()
      await alice.say(hello('t'))
      expect(alice.code).toBe(4004)
      expect(alice.ended?.reason).not.toContain('10.0.0.3')
      expect(s.faults.join()).toContain('10.0.0.3')
      expect(s.errors[0]?.source).toBe('policy')
    },
  )

  test('P-HS-3: an authenticate that does not answer for ten seconds closes with 4004', async () => {
    const { promise, resolve } = deferred<User>()
    const s = stage({ path, authenticate: () => promise })
    const alice = await s.open()
    await alice.say(hello('t'))
    await s.advance(9_900)
    expect(alice.code).toBeNull()
    await s.advance(200)
    expect(alice.code).toBe(4004)
    resolve({ id: 'alice' })
    await s.settle()
    expect([alice.frames(), s.hub.sessions]).toEqual([[], []])
  })

  test.each([
    ['', 'empty'],
    ['a\nb', 'with a control character'],
    ['x'.repeat(256), 'of 256 bytes'],
  ])('P-AD-1: a user whose id is %j (%s) is refused', async (id) => {
    const s = stage({ path, authenticate: () => ({ id }) })
    const alice = await s.open()
    await alice.say(hello('t'))
    expect(alice.code).toBe(4004)
    expect(s.errors[0]?.source).toBe('policy')
  })

  test('P-HS-3: credentials that have expired before the hello are closed with 4010', async () => {
    const s = stage({ path, authenticate: () => ({ id: 'alice', expiresIn: 0 }) })
    const alice = await s.open()
    await alice.say(hello('t'))
    expect([alice.code, alice.frames()]).toEqual([4010, []])
  })

  test('P-HS-3: credentials that run out close the connection with 4010', async () => {
    const s = stage({ path, authenticate: () => ({ id: 'alice', expiresIn: 20_000 }) })
    const alice = await s.client('t')
    expect(alice.welcome.expires).toBe(20_000)
    await s.advance(19_000)
    expect(alice.code).toBeNull()
    await s.advance(1_100)
    expect(alice.code).toBe(4010)
  })

  test('P-HS-3: a connection that ends meanwhile aborts the signal of authenticate', async () => {
    const asked: Credentials[] = []
    const s = stage({
      path,
      authenticate: (credentials) => {
        asked.push(credentials)
        return deferred<User>().promise
      },
    })
    const alice = await s.open()
    await alice.say(hello('t'))
    await s.drop(alice)
    expect(asked.map(({ signal }) => (signal as unknown as { aborted: boolean }).aborted)).toEqual([true])
  })
})
