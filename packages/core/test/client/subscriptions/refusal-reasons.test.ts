import { Client, Hub, type HubError, type HubOptions } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'

/** A hub and a client of it, in virtual time. */
function open(options: HubOptions) {
  const time = new VirtualTime()
  const network = new MemoryNetwork(time.runtime('network', { work: true }))
  const hub = new Hub({ runtime: time.runtime('hub'), authenticate: () => ({ id: 'alice' }), ...options })
  const errors: HubError[] = []
  hub.on('$error', (error) => errors.push(error))
  network.listen('hub', hub)
  const client = new Client({ dial: network.dialer('hub'), runtime: time.runtime('client') })
  /** Joins rooms, before or after the connection is made, and returns the text of the last refusal. */
  const refusal = async (rooms: number): Promise<string> => {
    const joined = Array.from({ length: rooms }, (_, i) => client.join(`#room-${i}`).ready)
    const outcomes = Promise.allSettled(joined)
    await time.advance(100)
    const last = (await outcomes).at(-1)
    return last?.status === 'rejected' ? last.reason.message : 'joined'
  }
  return { time, client, errors, refusal }
}

describe.each(['in the hello', 'by a join'])('a room that is refused %s', (moment) => {
  const cases: readonly [reason: string, options: HubOptions, rooms: number, text: string][] = [
    ['the policy says no', { authorize: () => false }, 1, "not allowed by the hub's `authorize`"],
    ['there is no policy', {}, 1, 'the hub has no `authorize` option'],
    [
      'there are too many',
      { authorize: () => true, limits: { rooms: 2 } },
      3,
      "at most 2 rooms; leave a room first, or raise the hub's option 'limits.rooms'",
    ],
  ]
  test.each(cases)('because %s is told so', async (_, options, rooms, text) => {
    const { time, client, refusal } = open(options)
    if (moment === 'by a join') await time.advance(100)
    expect(client.status).toBe(moment === 'by a join' ? 'connected' : 'connecting')
    expect(await refusal(rooms)).toContain(text)
    client.close()
  })
})

test('a hub without `authorize` says so once in $error, and not for each refusal', async () => {
  const { errors, refusal, client } = open({})
  await refusal(3)
  expect(errors.map(({ source, error }) => [source, String(error)])).toEqual([
    [
      'policy',
      'ChatError: unable to allow this: the hub has no `authorize` option, so it refuses every operation',
    ],
  ])
  client.close()
})
