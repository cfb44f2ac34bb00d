import { describe, expect, test } from 'vitest'
import { altered, paths, type Stage, stage } from '../../support/stage.ts'

/** Waits for a promise, after the steps that it waits for. */
async function during(s: Stage, promise: Promise<unknown>): Promise<void> {
  await Promise.all([promise, s.settle()])
  await s.settle()
}

/** Two hubs whose staff rooms are for users who are staff at the moment. */
function setUp(options: Parameters<typeof stage>[0] = {}) {
  const staff = new Set(['alice', 'bob'])
  const s = stage({
    authorize: ({ user, address }) => !address.startsWith('#staff') || staff.has(user.id),
    ...options,
  })
  s.another()
  return { s, staff }
}

const rooms = ['#staff', '#staff-2', '#open']

describe.each(paths)('hub.reauthorize, with a backplane that is %s', (path) => {
  test('SEC-25: asks again for every room at every node, and the refused sessions get `left`', async () => {
    const { s, staff } = setUp({ path })
    const hers = [await s.client('alice'), await s.client('alice', {}, 2)]
    const bob = await s.client('bob', {}, 2)
    for (const client of [...hers, bob]) for (const room of rooms) await client.request('join', room)
    staff.clear()
    await during(s, s.hub.reauthorize('@alice'))
    const lost = hers.map((client) => client.frames('left').map((frame) => [frame[1], frame[2]]))
    const expected = [
      ['#staff', 'forbidden'],
      ['#staff-2', 'forbidden'],
    ]
    expect(lost).toEqual([expected, expected])
    expect(bob.frames('left')).toEqual([])
    await s.publish('#staff', 'secret')
    await s.publish('#open', 'hello')
    for (const client of hers) expect(client.frames('msg').map((frame) => frame[1])).toEqual(['#open'])
  })

  test('a session that is still allowed stays, and gets no frame', async () => {
    const { s } = setUp({ path })
    const alice = await s.client('alice')
    for (const room of rooms) await alice.request('join', room)
    alice.news()
    await during(s, s.hub.reauthorize(`~${alice.id}`))
    expect(alice.news()).toEqual([])
    await s.publish('#staff', 'still here')
    expect(alice.messages('#staff')).toEqual([[1, 'still here']])
  })
})

describe('revocations whose notice may be lost', () => {
  test('SEC-25: after the backplane was out of reach, the policy is asked again for every session', async () => {
    let back: () => void = () => {}
    const { s, staff } = setUp({
      wrap: (backplane) =>
        altered(backplane, {
          onReconnect: (listener) => {
            const before = back
            back = () => {
              before()
              listener()
            }
            return () => {}
          },
          publish: () => {},
        }),
    })
    const [alice, bob, carol] = [
      await s.client('alice', {}, 2),
      await s.client('bob', {}, 2),
      await s.client('carol'),
    ]
    for (const client of [alice, bob]) for (const room of rooms) await client.request('join', room)
    staff.delete('bob')
    await during(s, s.hub.kick('@alice'))
    await during(s, s.hub.to('#staff').remove('@bob'))
    expect([alice.code, bob.frames('left')]).toEqual([null, []])
    back()
    await s.advance(2_000)
    expect(alice.code).toBe(4513)
    expect(bob.frames('left').map((frame) => frame[1])).toEqual(['#staff', '#staff-2'])
    expect([bob.code, carol.code]).toEqual([null, null])
  })
})
