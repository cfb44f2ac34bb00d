import { expect, test } from 'vitest'
import { hello } from '../support/raw-client.ts'
import { altered, deferred, stage } from '../support/stage.ts'

test('P-HS-5: of two attempts to resume, the one that the store took last wins, also when it is answered first', async () => {
  const late = deferred<void>()
  let attempts = 0
  const s = stage({
    wrap: (backplane) =>
      altered(backplane, {
        sessions: {
          ...backplane.sessions,
          take: async (...attempt) => {
            const taken = await backplane.sessions.take(...attempt)
            if (++attempts === 1) await late.promise
            return taken
          },
        },
      }),
  })
  const alice = await s.client('alice')
  const session = (n: number) => ({ session: { id: alice.id, secret: alice.welcome.session.secret, n } })
  const first = await s.open()
  await first.say(hello('alice', session(1)))
  const second = await s.client('alice', session(2))
  expect(second.welcome.resumed).toBe(true)
  late.resolve()
  await s.settle()
  expect(second.code).toBeNull()
  expect(first.code).toBe(4001)
})
