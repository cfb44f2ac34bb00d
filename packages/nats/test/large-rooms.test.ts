import type { Backplane, EnteringSession } from '@chat/core/backplane'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

const lease = { ttl: 60_000, keep: 0 }

function sessions(count: number, from = 0, state = '"here"'): EnteringSession[] {
  return Array.from({ length: count }, (_, n) => ({
    session: `session-${n + from}`,
    user: `user-${n + from}`,
    state,
    generation: 1,
    node: 'node1',
  }))
}

describe.runIf(withNats)('a room of presence is one message, which has a bound', () => {
  let nodes: Nodes
  let node: Backplane
  beforeAll(async () => {
    nodes = await Nodes.start()
    node = await nodes.node()
  })
  afterAll(() => nodes.end())

  test('as many members as declared enter, and the next is refused without harm to the others', async () => {
    const most = node.capabilities.largestRoom ?? 0
    expect(most).toBeGreaterThan(4_500)
    await node.presence.enter('#full', sessions(most), lease)
    const waiting = [
      node.presence.enter('#full', sessions(1, most), lease),
      node.presence.enter('#full', sessions(1, 7, '"moved"'), lease),
      node.presence.leave('#full', 'session-9', 1, 0),
    ] as const
    await expect(waiting[0]).rejects.toMatchObject({ code: 'too_large' })
    expect((await waiting[1]).members.map(({ state }) => state)).toEqual(['"moved"'])
    await waiting[2]
    const page = await node.presence.members('#full', null)
    expect(page?.members).toHaveLength(most - 1)
    await node.presence.enter('#full', sessions(1, most), lease)
  })

  test('a room of almost a message is stored and read', async () => {
    const all = sessions(3_000, 0, JSON.stringify('x'.repeat(250)))
    for (let n = 0; n < 3_000; n += 1_000) await node.presence.enter('#wide', all.slice(n, n + 1_000), lease)
    const other = await nodes.node()
    const page = await other.presence.members('#wide', null)
    expect(page?.members).toHaveLength(3_000)
    expect(page?.members[0]?.state).toHaveLength(252)
  })

  test('states that do not fit the message are refused', async () => {
    await node.presence.enter('#states', sessions(3), lease)
    const large = JSON.stringify('x'.repeat(400_000))
    await expect(node.presence.enter('#states', sessions(3, 10, large), lease)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('unable to enter the room'),
    })
    expect((await node.presence.members('#states', null))?.members).toHaveLength(3)
  })
})
