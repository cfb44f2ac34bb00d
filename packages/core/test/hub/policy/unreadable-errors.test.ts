import { inspect } from 'node:util'
import type { User } from '@chat/core'
import { describe, expect, test, vi } from 'vitest'
import { outcome, type StageOptions, stage } from '../../support/stage.ts'
import { unreadableErrors } from '../../support/unreadable-errors.ts'

/** A stage whose errors are written as Node's console does it. */
function consoleStage(options: StageOptions = {}) {
  const written: string[] = []
  const report = (text: string, error: unknown): void => void written.push(`${text} ${inspect(error)}`)
  return { s: stage({ ...options, listens: false, report }), written }
}

/** Takes any function for a callback: an application in JavaScript can give it. */
const callback = (value: unknown): never => value as never

describe.each(unreadableErrors)('SEC-11: an application that throws %s', (_, make) => {
  const fails = [
    () => {
      throw make()
    },
    () => Promise.reject(make()),
    // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are such objects
    () => ({ then: (_resolve: unknown, reject: (error: unknown) => void) => reject(make()) }),
  ]

  test.each(fails)('in a policy refuses the operation, and is told', async (fail) => {
    const authorize = callback(({ user }: { user: User }) => user.id !== 'alice' || fail())
    const { s, written } = consoleStage({ authorize })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    expect(outcome(await alice.request('join', '#a'))).toBe('internal')
    expect(outcome(await bob.request('send', '#a', 'say', 'hi'))).toBe('ok')
    expect([alice.code, bob.code]).toEqual([null, null])
    expect(written.join()).toContain('an error of the policy')
  })

  test.each(fails)('in a handler and a listener costs an answer at most, and is told', async (fail) => {
    const { s, written } = consoleStage({ observe: callback(fail) })
    s.hub.handle('buy', callback(fail))
    s.hub.on('say', callback(fail))
    s.hub.on('$connect', callback(fail))
    const alice = await s.client('alice')
    expect(outcome(await alice.request('call', 'buy', null))).toBe('internal')
    expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('ok')
    await s.settle()
    expect(alice.code).toBeNull()
    for (const source of ["handler of 'buy'", "handler of 'say'", "listener of '$connect'", "of 'observe'"])
      expect(written.join()).toContain(source)
  })

  test('in a listener of $error itself ends nothing, and is told', async () => {
    const { s, written } = consoleStage()
    s.hub.on('say', callback(fails[0]))
    s.hub.on('$error', callback(fails[0]))
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('ok')
    expect(alice.code).toBeNull()
    expect(written).toEqual([expect.stringContaining("the listener of '$error'")])
  })
})

test.each([
  ['id', (value: unknown) => ({ id: value })],
  ['expiresIn', (value: unknown) => ({ id: 'alice', expiresIn: value })],
  ['anonymous', (value: unknown) => ({ id: 'alice', anonymous: value })],
])('SEC-11: a user whose %s is a promise that rejects is told, and ends no process', async (name, user) => {
  const handled = vi.fn()
  const authenticate = (): unknown => {
    const rejection = Promise.reject(new Error('no database'))
    vi.spyOn(rejection, 'catch').mockImplementation(handled.mockReturnValue(rejection.then(null, () => {})))
    return user(rejection)
  }
  const s = stage({ authenticate: callback(authenticate) })
  const alice = await s.open()
  await alice.say(['hello', { v: [1, 1], token: 'alice' }])
  await s.settle()
  expect(alice.code).toBe(4004)
  expect(handled).toHaveBeenCalled()
  expect(s.errors).toMatchObject([{ error: { message: expect.stringContaining(`the user’s ${name}`) } }])
})
