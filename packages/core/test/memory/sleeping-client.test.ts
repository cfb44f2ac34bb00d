import { describe, expect, test } from 'vitest'
import { stage as makeStage } from '../support/stage.ts'

const minutes = 60_000

/** A client whose device sleeps after its send: its session is resumed long after the dedupe window. */
async function sleeper(last = 10) {
  const stage = makeStage({ timeouts: { session: 60 * minutes } })
  const asleep = await stage.client('alice')
  for (let ref = 10; ref <= last; ref++) await asleep.say(['send', ref, '#room', 'say', 'once'])
  await stage.drop(asleep)
  await stage.advance(10 * minutes)
  const awake = await stage.resume(asleep)
  return { stage, awake }
}

describe('a session that is kept longer than the dedupe window', () => {
  test('P-HS-6: a send that is repeated after a long sleep is not stored twice', async () => {
    const { stage, awake } = await sleeper()
    expect(awake.welcome.resumed).toBe(true)
    const answer = await awake.call(['send', 10, '#room', 'say', 'once'])
    expect(answer).toMatchObject({ ok: false, code: 'conflict' })
    expect(await stage.hub.to('#room').history()).toMatchObject({ messages: [{ data: 'once' }] })
  })

  test('P-HS-6: an older ref to another address is refused, too, because refs only grow', async () => {
    const { awake } = await sleeper()
    const answer = await awake.call(['send', 9, '#other', 'say', 'late'])
    expect(answer).toMatchObject({ ok: false, code: 'conflict' })
  })

  test('P-HS-6: a new ref is stored after a long sleep', async () => {
    const { awake } = await sleeper()
    expect(await awake.call(['send', 11, '#room', 'say', 'next'])).toMatchObject({ ok: true })
  })

  test('P-HS-6: a new ref after a long sleep is recognised when it is repeated, also after the send of another', async () => {
    const { stage, awake } = await sleeper(11)
    await awake.call(['send', 12, '#room', 'say', 'next'])
    const bob = await stage.client('bob')
    await bob.call(['send', 1, '#room', 'say', 'hi'])
    expect(await awake.call(['send', 12, '#room', 'say', 'next'])).toMatchObject({
      ok: true,
      result: { dup: true },
    })
  })

  test('P-HS-6: nothing is kept of a session that can no longer be resumed', async () => {
    const stage = makeStage()
    const gone = await stage.client('alice')
    await gone.say(['send', 10, '#room', 'say', 'once'])
    await stage.drop(gone)
    await stage.advance(70 * minutes)
    expect(stage.store.usage).toMatchObject({ keys: 0, sessions: 0 })
    const key = { user: 'alice', session: gone.id, ref: 10, hash: '', window: 64, by: 'node' }
    expect(stage.store.find('#room', key)).toBeNull()
  })
})
