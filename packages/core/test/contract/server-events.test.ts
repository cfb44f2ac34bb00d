import { contract, Hub, type Untyped, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type StageOptions, stage } from '../support/stage.ts'

const chat = contract({
  events: { say: z.string() },
  serverEvents: { notification: z.object({ title: z.string() }) },
})

/** Each way to tell the hub which events are its own. */
const ways: readonly (readonly [way: string, options: StageOptions])[] = [
  ['a contract with validators', { contract: chat as unknown as Untyped }],
  ['the option `serverEvents`', { serverEvents: ['notification'] }],
]

describe.each(ways)('an event that only the hub may send, by %s', (_, options) => {
  test('P-PB-12: a client that sends it is refused as forbidden, and the policy is not asked', async () => {
    let asked = 0
    const s = stage({ ...options, authorize: () => ++asked > 0 })
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    const answer = await mallory.call(['send', 1, '@alice', 'notification', { title: 'win' }])
    expect(answer).toMatchObject({ ok: false, code: 'forbidden' })
    expect(asked).toBe(0)
    expect(alice.frames('msg')).toEqual([])
  })

  test('P-PB-12: a cast of it is dropped and counted', async () => {
    const s = stage(options)
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    await mallory.say(['cast', '@alice', 'notification', { title: 'win' }])
    expect(alice.frames('cast')).toEqual([])
    expect(s.hub.counters.droppedCasts).toBe(1)
  })

  test('P-PB-12: the hub sends and casts it', async () => {
    const s = stage(options)
    const alice = await s.client('alice')
    void s.hub.to('@alice').send('notification', { title: 'paid' })
    s.hub.to('@alice').cast('notification', { title: 'soon' })
    await s.settle()
    expect(alice.messages('@alice')).toEqual([[1, { title: 'paid' }]])
    expect(alice.frames('cast')).toHaveLength(1)
  })

  test('`hub.may` says that a client may not send it', async () => {
    const { hub } = stage(options)
    const request = {
      action: 'send',
      address: '@alice',
      event: 'notification',
      data: { title: 'x' },
    } as const
    expect(await hub.may({ id: 'mallory' }, request)).toBe(false)
  })

  test('a listener for it says that it would never run', () => {
    const { hub } = stage(options)
    expect(() => hub.on('notification', () => {})).toThrow('only the hub sends this event')
  })
})

describe('the names of server events', () => {
  test('a name stands in one group only', () => {
    expect(() => contract({ events: { a: z.string() }, serverEvents: { a: z.string() } })).toThrow(
      "unable to make the contract: 'a' stands in it twice; rename one",
    )
  })

  test('a list that is no list of names is refused', () => {
    const wrong = [{ serverEvents: 'notification' }, { serverEvents: ['$gap'] }, { serverEvents: [1] }]
    for (const options of wrong) expect(() => new Hub(options as object)).toThrow(UsageError)
  })
})
