import { describe, expect, test } from 'vitest'
import { paths, type Stage, stage } from '../../support/stage.ts'

/** Marks the outcome of an ask as handled. */
const dropped = (promise: Promise<unknown>): void => void promise.catch(() => {})

/** A hub, or a cluster of two. */
async function nodes(path: (typeof paths)[number], count: number): Promise<Stage> {
  const s = stage({ path })
  for (let i = 1; i < count; i++) s.another()
  await s.settle()
  return s
}

describe.each(paths)('an ask that the hub waits for no more, with a backplane that is %s', (path) => {
  test.each([1, 2])(
    'P-CN-4: is cancelled at the other sessions when one has answered, at node %i',
    async (to) => {
      const s = await nodes(path, to)
      const [laptop, phone] = [await s.client('alice'), await s.client('alice', {}, to)]
      const asked = s.hub.to('@alice').ask('confirm', null)
      await s.settle()
      await laptop.say(['reply', 1, 'yes'])
      expect(await asked).toBe('yes')
      expect([laptop, phone].map((client) => client.frames('cancel'))).toEqual([[], [['cancel', 1]]])
    },
  )

  test('P-CN-4: is cancelled at this node when a session of another node was first', async () => {
    const s = await nodes(path, 2)
    const [laptop, phone] = [await s.client('alice'), await s.client('alice', {}, 2)]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await phone.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
    expect([laptop, phone].map((client) => client.frames('cancel'))).toEqual([[['cancel', 1]], []])
  })

  test.each([1, 2])('P-CN-4: is cancelled when its time is up, at node %i', async (to) => {
    const s = await nodes(path, to)
    const alice = await s.client('alice', {}, to)
    dropped(s.hub.to('@alice').ask('confirm', null, { timeout: 2_000 }))
    await s.settle()
    expect(alice.frames('cancel')).toEqual([])
    await s.advance(2_100)
    expect(alice.frames('cancel')).toEqual([['cancel', 1]])
  })

  test.each([1, 2])('P-CN-4: is cancelled when the application gives up, at node %i', async (to) => {
    const s = await nodes(path, to)
    const alice = await s.client('alice', {}, to)
    const given = new AbortController()
    dropped(s.hub.to('@alice').askAll('confirm', null, { signal: given.signal }))
    await s.settle()
    given.abort()
    await s.settle()
    expect(alice.frames('cancel')).toEqual([['cancel', 1]])
  })

  test('P-CN-4: is cancelled with its own number among several asks', async () => {
    const s = await nodes(path, 1)
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    for (let i = 0; i < 3; i++) dropped(s.hub.to('@alice').ask('confirm', i))
    await s.settle()
    await laptop.say(['reply', 2, 'yes'])
    expect(phone.frames('cancel')).toEqual([['cancel', 2]])
    await phone.say(['refuse', 1, 'shop/no', 'no'], ['reply', 3, 'yes'])
    expect(laptop.frames('cancel')).toEqual([['cancel', 3]])
  })

  test('P-CN-4: a session that has answered or refused gets no cancel', async () => {
    const s = await nodes(path, 1)
    const [laptop, phone, tablet] = [
      await s.client('alice'),
      await s.client('alice'),
      await s.client('alice'),
    ]
    const asked = s.hub.to('@alice').askAll('confirm', null, { timeout: 1_000 })
    await s.settle()
    await laptop.say(['reply', 1, 'yes'])
    await phone.say(['refuse', 1, 'shop/no', 'no'])
    await s.advance(1_100)
    await asked
    expect([laptop, phone, tablet].map((client) => client.frames('cancel').length)).toEqual([0, 0, 1])
  })

  test('P-CN-4: a reply that crosses the cancel is ignored and counted (P-FR-10)', async () => {
    const s = await nodes(path, 1)
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    laptop.write(['reply', 1, 'first'])
    phone.write(['reply', 1, 'second'])
    await s.settle()
    expect(await asked).toBe('first')
    expect([phone.frames('cancel'), s.hub.counters.strayReplies]).toEqual([[['cancel', 1]], 1])
  })

  test('P-CN-4: a session whose connection has ended, and was resumed, gets no cancel of an older ask', async () => {
    const s = await nodes(path, 1)
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await s.drop(phone)
    const again = await s.resume(phone)
    await laptop.say(['reply', 1, 'yes'])
    await asked
    expect([phone, again].map((client) => client.frames('cancel'))).toEqual([[], []])
  })
})
