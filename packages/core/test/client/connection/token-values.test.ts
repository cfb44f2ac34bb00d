import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

describe.each<[value: unknown, named: string]>([
  [5, '5'],
  [{ token: 'x' }, 'an instance of Object'],
  [true, 'true'],
])('a function for tokens that returns %j', (value, named) => {
  const text = `unable to use the token: 'token' must return a string or null, but is ${named}`
  const fault = { subject: 'token', error: { code: 'usage', message: text } }

  test.each(['at once', 'later'])('%s is reported, and the client tries again', (moment) =>
    play(async (stage) => {
      let given = value
      const client = stage.client({
        token: (() => (moment === 'later' ? Promise.resolve(given) : given)) as never,
      })
      await stage.settle()
      expect(client.said.errors).toMatchObject([fault])
      expect(client.status).toBe('reconnecting')
      expect(stage.hub.connections).toEqual([])
      given = 'alice'
      await stage.advance(60_000)
      expect(client.status).toBe('connected')
    }),
  )

  test('when the token is about to expire is reported, and never reaches the hub', () =>
    play(async (stage) => {
      stage.hub.welcome = { expires: 10_000 }
      let given: unknown = 'alice'
      const client = await stage.connected({ token: (() => given) as never })
      given = value
      await stage.advance(9_000)
      expect(client.said.errors).toMatchObject([fault])
      expect(stage.hub.at().of('auth')).toEqual([])
      expect(client.status).toBe('connected')
    }))
})

test('a function for tokens that returns `undefined` gives no token', () =>
  play(async (stage) => {
    await stage.connected({ token: (() => undefined) as never })
    expect(stage.hub.at().hello).not.toHaveProperty('token')
  }))
