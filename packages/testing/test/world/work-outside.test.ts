import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { User } from '@chat/core'
import { expect, test } from 'vitest'
import { type World, type WorldOptions, world } from '../../src/index.ts'

type Authenticate = (w: World, token: string) => Promise<User>

/** Runs clients that come together, and whose tokens take real time to check. Returns the hash of the run. */
async function hashOf(authenticate: Authenticate, options: WorldOptions = {}): Promise<string> {
  let hash = ''
  await world({ seed: 7, ...options }, async (w) => {
    const hub = w.hub({ authenticate: ({ token }) => authenticate(w, token ?? ''), authorize: () => true })
    const clients = await Promise.all(Array.from({ length: 5 }, (_, n) => w.client(hub, `user-${n}`)))
    for (const client of clients) await client.join('#lobby').send('say', { text: 'hi' })
    await w.settle()
    hash = w.hash
  })
  return hash
}

async function hashes(authenticate: Authenticate, options?: WorldOptions): Promise<Set<string>> {
  const all = new Set<string>()
  for (let run = 0; run < 8; run++) all.add(await hashOf(authenticate, options))
  return all
}

const derive = promisify(pbkdf2)

/** Checks a token as a library for JSON Web Tokens does. */
async function verify(token: string): Promise<User> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode('a secret'),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  )
  const bytes = new TextEncoder().encode(token.repeat(10_000))
  const signature = await crypto.subtle.sign('HMAC', key, bytes)
  expect(await crypto.subtle.verify('HMAC', key, signature, bytes)).toBe(true)
  return { id: token }
}

test('an `authenticate` that awaits WebCrypto gives the same run for the same seed', async () => {
  expect(await hashes((_, token) => verify(token))).toHaveProperty('size', 1)
})

test('it does with faked globals, too', async () => {
  expect(await hashes((_, token) => verify(token), { fakeGlobals: true })).toHaveProperty('size', 1)
})

test('virtual time stands still while `hold` waits for other work', async () => {
  const authenticate = async (w: World, token: string): Promise<User> => {
    const before = w.now
    await w.hold(derive(token, 'salt', 1_000, 32, 'sha256'))
    expect(w.now).toBe(before)
    return { id: token }
  }

  expect(await hashes(authenticate)).toHaveProperty('size', 1)
})

test('`hold` rejects as the work does, and time goes on', () =>
  world({}, async (w) => {
    await expect(w.hold(Promise.reject(new Error('no database')))).rejects.toThrow('no database')

    await w.advance(10)

    expect(w.now).toBe(10)
  }))

test('the methods of the platform are its own again after the run', async () => {
  const before = crypto.subtle.digest
  await world({}, async () => {
    expect(crypto.subtle.digest).not.toBe(before)
  })
  expect(crypto.subtle.digest).toBe(before)
})

test('work that begins together ends in the order in which it began', () =>
  world({}, async (w) => {
    const ended: string[] = []
    const slow = derive('token', 'salt', 20_000, 32, 'sha256')
    const works = [
      w.hold(slow).then(() => ended.push('slow')),
      w.hold(Promise.resolve()).then(() => ended.push('fast')),
    ]

    await Promise.all(works)

    expect(ended).toEqual(['slow', 'fast'])
  }))
