import { watchPresence } from '@chat/core'
import { expect, test } from 'vitest'
import { live, msg, play } from '../../support/fake-hub.ts'

test('positions are one frozen object until a position changes', () =>
  play(async (stage) => {
    const client = await stage.connected()
    client.on('say', () => {})
    const before = client.positions
    expect(client.positions).toBe(before)

    stage.hub.at().write(msg('*', 1))
    await stage.settle()

    const after = client.positions
    expect([before['*']?.[1], after['*']?.[1]]).toEqual([0, 1])
    expect(client.positions).toBe(after)
    expect(Object.isFrozen(after)).toBe(true)
  }))

test('members and users are the same maps until a member changes, and are never changed in place', () =>
  play(async (stage) => {
    stage.hub.streams.set('#a', { ...live(), version: 1, count: 1, members: [['s1', 'alice', null]] })
    const client = await stage.connected()
    const here = watchPresence(client.join('#a'))
    await stage.settle()
    const { members, users } = here
    expect([here.members, here.users].map((map) => map.size)).toEqual([1, 1])
    expect([here.members === members, here.users === users]).toEqual([true, true])

    stage.hub.at().write(['presence', '#a', 2, [['s2', 'bob', null]], []])
    await stage.settle()

    expect([members.size, users.size, here.members.size, here.users.size, here.count]).toEqual([
      1, 1, 2, 2, 2,
    ])
    expect(here.users).toBe(here.users)
  }))
