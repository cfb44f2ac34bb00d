import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { outcome, paths, position, type Stage, stage } from '../../support/stage.ts'

/** Returns the frames of a connection without their random values. */
async function told(s: Stage, user: string, session: object): Promise<unknown> {
  const connection = new ScriptedConnection()
  s.hub.accept(connection, nobody)
  connection.deliver(JSON.stringify(hello(user, { session })))
  await s.settle()
  const text = connection.sent.map((sent) => sent.text).join('\n')
  connection.lose()
  await s.settle()
  return [text.replaceAll(/"(id|secret)":"[^"]*"/g, '"$1":"…"'), connection.closedWith]
}

const freeResumes = { limits: { resumeRate: 1e6, resumeBurst: 1e6 } }

describe.each(paths)('attacks on sessions, with a backplane that is %s', (path) => {
  test('SEC-17: a guess at an existing session gets the same answer as a guess at an unknown session', async () => {
    const s = stage({ path, ...freeResumes })
    const alice = await s.client('alice')
    const bob = await s.client('bob')
    const nowhere = { id: 'nobodyhere12', secret: alice.welcome.session.secret, n: 1 }
    for (const user of ['alice', 'mallory']) {
      const answer = await told(s, user, nowhere)
      for (const n of [1, 0, -1, Number.MAX_SAFE_INTEGER]) {
        expect(await told(s, user, { ...alice.welcome.session, secret: 'x'.repeat(24), n })).toEqual(answer)
        expect(await told(s, user, { ...alice.welcome.session, secret: '', n })).toEqual(answer)
        // The right secret of another user, and of another session.
        expect(
          await told(s, user, { ...alice.welcome.session, secret: bob.welcome.session.secret, n }),
        ).toEqual(answer)
      }
      expect(await told(s, user, { ...bob.welcome.session, n: 1 })).toEqual(answer)
    }
    expect([alice.code, bob.code]).toEqual([null, null])
    expect(s.errors).toEqual([])
  })

  test('SEC-17: hundreds of guesses do not affect the session, and leave nothing behind', async () => {
    const s = stage({ path, ...freeResumes })
    const alice = await s.client('alice')
    for (let i = 0; i < 300; i++)
      await told(s, i % 2 === 0 ? 'alice' : 'mallory', {
        ...alice.welcome.session,
        secret: `guess ${i}`,
        n: i,
      })
    expect(alice.code).toBeNull()
    expect(s.hub.sessions.map(({ id }) => id)).toEqual([alice.id])
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('SEC-17: a secret that was used, proven and used again is dead', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const current = await s.resume(alice, { n: 1 })
    await current.say(['pong'])
    for (let n = 2; n < 6; n++) expect((await s.resume(alice, { n })).welcome.resumed).toBe(false)
    expect(current.code).toBeNull()
  })

  test('SEC-18: a user who abandons sessions without end loses own records only', async () => {
    const s = stage({ path, log: { sessions: 100 } })
    const others: RawClient[] = []
    for (let i = 0; i < 20; i++) others.push(await s.client(`user ${i}`))
    for (const other of others) await s.drop(other)
    for (let i = 0; i < 200; i++) await s.drop(await s.client('mallory'))
    expect(s.store.usage.sessions).toBe(100)
    for (const other of others) expect((await s.resume(other)).welcome.resumed).toBe(true)
  })

  test('SEC-19, P-ST-2: each of a thousand forged positions is a gap, and leaves nothing behind', async () => {
    const s = stage({ path })
    const [sent] = await s.publish('#a', 1, 2, 3)
    const [epoch] = position(sent ?? {})
    const forged = (i: number): unknown[] =>
      [
        [epoch, i + 4, `forged.${i}`],
        [epoch, 2, `forged.${i}`],
        [`e${i}`, 2, 'forged.1'],
        [epoch, Number.MAX_SAFE_INTEGER - i, 'x'.repeat(500)],
      ][i % 4] as unknown[]
    const connections = Array.from({ length: 1_000 }, (_, i) => {
      const connection = new ScriptedConnection()
      s.hub.accept(connection, nobody)
      connection.deliver(
        JSON.stringify(hello(`user ${i}`, { streams: { '#a': forged(i), '#none': forged(i) } })),
      )
      return connection
    })
    await s.settle()
    for (const connection of connections) {
      const [, welcome] = connection.frames[0] as [string, RawClient['welcome']]
      expect([welcome.streams['#a']?.mode, welcome.streams['#none']?.mode]).toEqual(['gap', 'gap'])
      expect([connection.frames.length, connection.closedWith]).toEqual([1, null])
    }
    for (const connection of connections) connection.lose()
    await s.settle()
    expect(s.hub.rooms.size).toBe(0)
    expect(s.store.usage.tails).toBe(0)
    expect(s.errors).toEqual([])
  })

  test('P-PB-2: refs that go back in any order are answered, and the memory for them is bounded', async () => {
    const s = stage({ path, limits: { rate: 1e6, burst: 1e6, inflight: 8 } })
    const alice = await s.client('alice')
    const answers = new Map<string, number>()
    for (let i = 1; i <= 500; i++) {
      const ref = i % 3 === 0 ? Math.max(1, i - 7) : i % 5 === 0 ? 1 : i
      const answer = outcome(await alice.call(['send', ref, '#a', 'say', ref]))
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
    expect([...answers.keys()].toSorted()).toEqual(['conflict', 'ok'])
    // The log has no message that was refused, and each message once.
    const page = await alice.call(['read', 1_000, '#a', { after: 0, limit: 1_000 }])
    const { messages } = (page.ok ? page.result : {}) as { messages: unknown[][] }
    const stored = messages.map((frame) => frame[4] as number)
    expect(stored).toEqual([...new Set(stored)].toSorted((a, b) => a - b))
    expect(s.store.usage.keys).toBe(1)
  })
})
