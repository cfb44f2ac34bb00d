import { ChatError } from '@chat/core'
import { expect, test } from 'vitest'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'
import { stage } from '../support/stage.ts'

const hostile = `\u001b[31mred\u0007\r\nroot: fake line\u2028\u202e\u009b2J\ud800${'x'.repeat(65_536)}`

test('the reason of $disconnect has no control characters, and at most 123 bytes', async () => {
  const s = stage()
  const reasons: string[] = []
  s.hub.on('$disconnect', ({ reason }) => reasons.push(reason))
  for (const reason of [hostile, '\n'.repeat(300), '\u{1f600}'.repeat(100), 'going home']) {
    const connection = new (class extends ScriptedConnection {
      leave(): void {
        this.ended(1000, reason)
      }
    })()
    s.hub.accept(connection, nobody)
    connection.deliver('["hello",{"v":[1,1],"token":"alice"}]')
    await s.settle()
    connection.leave()
  }
  expect(reasons).toHaveLength(4)
  for (const reason of reasons) {
    expect(reason).not.toMatch(/[\p{Control}\p{Surrogate}\u2028\u2029\u202e]/u)
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
  }
  expect(reasons[0]).toContain('root: fake line')
  expect(reasons[3]).toBe('going home')
})

test('the reasons with which the application closes a session reach $disconnect in the same form', async () => {
  const s = stage()
  const reasons: string[] = []
  s.hub.on('$disconnect', ({ reason }) => reasons.push(reason))
  await s.client('alice')
  for (const session of s.hub.sessions) session.close(4513, hostile)
  await s.settle()
  expect(reasons).toEqual([expect.stringMatching(/^[\x20-\x7e]{20,123}$/)])
})

test.each([
  ['shop/sold_out', 'shop/sold_out'],
  [`shop/${'x'.repeat(59)}`, `shop/${'x'.repeat(59)}`],
  [`shop/${'x'.repeat(60)}`, 'internal'],
  ['shop/\u001b[31m', 'internal'],
  ['shop/a\nroot: fake line', 'internal'],
  ['/'.repeat(65_000), 'internal'],
])('a client that refuses an ask with the code %j is told to the application as %j', async (code, known) => {
  const s = stage()
  const alice = await s.client('alice')
  const asked = s.hub.to(`~${alice.id}`).ask('confirm', null)
  const outcome = asked.catch((error: unknown) => error)
  await s.settle()
  const [frame] = alice.frames('ask')
  await alice.say(['refuse', frame?.[1], code, 'no\u001b[2J\nfake line'])
  const error = await s.settled(outcome)
  expect(error).toBeInstanceOf(ChatError)
  expect(error).toMatchObject({ code: known, message: expect.not.stringMatching(/\p{Control}/u) })
})

test('SEC-16: names that are none reach an observer without control characters, and bounded', async () => {
  const seen: object[] = []
  const s = stage({ observe: (fact) => seen.push(fact) })
  const alice = await s.client('alice')
  await alice.say(['call', 1, hostile.slice(0, 60_000), null])
  await alice.say(['cast', hostile.slice(0, 30_000), hostile.slice(0, 30_000), 1])
  await s.settle()
  const facts = seen.filter((fact) => ['call', 'drop'].includes((fact as { type: string }).type))
  expect(facts).toHaveLength(2)
  for (const fact of facts)
    for (const text of Object.values(fact).filter((value) => typeof value === 'string')) {
      expect(text).not.toMatch(/[\p{Control}\p{Surrogate}\u2028\u2029\u202e]/u)
      expect(text.length).toBeLessThanOrEqual(128)
    }
})
