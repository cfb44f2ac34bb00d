import { type Position, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { altered, listedNode, paths, stage } from '../../support/stage.ts'

describe.each(paths)('hub.to(address).position(), with a backplane that is %s', (path) => {
  test('is the position of the newest message, from which a client can go on', async () => {
    const s = stage({ path })
    const [sent] = await s.publish('#a', 'in the state')
    const position = await settled(s.hub.to('#a').position(), s)
    expect(position).toEqual(sent?.position)
    const [later] = await s.publish('#a', 'later')
    const alice = await s.client('alice')
    expect(await alice.request('join', '#a', { since: position })).toMatchObject({
      result: { mode: 'replay', at: sent?.position[1], top: later?.position[1] },
    })
    expect(alice.messages('#a')).toEqual([[later?.position[1], 'later']])
  })

  test('is before the first message in an empty log', async () => {
    const s = stage({ path })
    const position = await settled(s.hub.to('@alice').position(), s)
    expect(position).toEqual([expect.any(String), 0, null])
    await s.publish('@alice', 'first')
    const alice = await s.client('alice', { streams: { '@alice': position } })
    expect(alice.messages('@alice')).toEqual([[1, 'first']])
  })

  test('keeps nothing of an unused address (P-ST-11)', async () => {
    const s = stage({ path })
    for (let i = 0; i < 100; i++) await settled(s.hub.to(`#${i}`).position(), s)
    expect(s.store.usage).toMatchObject({ streams: 0, bytes: listedNode.bytes })
    expect(s.hub.rooms.size).toBe(0)
  })
})

test('is unavailable while the log is out of reach', async () => {
  const cause = new Error('out of reach')
  const s = stage({
    wrap: (backplane) =>
      altered(backplane, {
        read: () => {
          throw cause
        },
      }),
  })
  await expect(s.hub.to('#a').position()).rejects.toMatchObject({ code: 'unavailable', cause })
})

test('rejects for a session, which has no log', async () => {
  await expect(stage().hub.to('~s1').position()).rejects.toBeInstanceOf(UsageError)
})

test('a listener gets the position of the message, and no position for a cast', async () => {
  const s = stage()
  const told: unknown[] = []
  s.hub.on('say', (_, message) => told.push(message.position))
  const alice = await s.client('alice')
  await alice.request('send', '#a', 'say', 1)
  const position = await s.hub.to('#a').position()
  await alice.say(['cast', '#a', 'say', 2])
  expect(told).toEqual([position, null])
})

/** Returns the value of a promise, after the steps that it waits for. */
async function settled(promise: Promise<Position>, s: { settle(): Promise<void> }): Promise<Position> {
  await s.settle()
  return promise
}
