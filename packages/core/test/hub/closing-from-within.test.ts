import type { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { hello } from '../support/raw-client.ts'
import { type Stage, type StageOptions, stage } from '../support/stage.ts'

const deadline = 1_000

type Place = readonly [
  place: string,
  options: (close: () => unknown) => StageOptions,
  add: (hub: Hub, close: () => unknown) => unknown,
]

/** Closes the hub, and answers. */
const then =
  <T>(close: () => unknown, answer: T) =>
  (): T => {
    close()
    return answer
  }

/** The functions of an application in which it may close its hub. */
const places: readonly Place[] = [
  ['authenticate', (close) => ({ authenticate: then(close, { id: 'alice' }) }), () => {}],
  ['authorize', (close) => ({ authorize: then(close, true) }), () => {}],
  ['presence.rooms', (close) => ({ presence: { rooms: then(close, true) } }), () => {}],
  ['observe', (close) => ({ observe: close }), () => {}],
  ['a handler that waits for it', () => ({}), (hub, close) => hub.handle('stop', close)],
  ['a listener', () => ({}), (hub, close) => hub.on('say', close)],
  ['$connect', () => ({}), (hub, close) => hub.on('$connect', close)],
  ['$join', () => ({}), (hub, close) => hub.on('$join', close)],
  ['$disconnect', () => ({}), (hub, close) => hub.on('$disconnect', close)],
  [
    '$error',
    () => ({}),
    (hub, close) => {
      hub.on('say', () => {
        throw new Error('broken')
      })
      hub.on('$error', close)
    },
  ],
]

async function work(s: Stage): Promise<void> {
  const alice = await s.open()
  await alice.say(hello('alice'))
  await alice.say(['join', 1, '#a'], ['send', 2, '#a', 'say', 1], ['call', 3, 'stop', null])
  await s.settle()
  alice.connection.close(1000, '')
  await s.settle()
}

test.each(places)(
  'P-LV-5: a hub that is closed in %s ends at its deadline, once',
  async (_, options, add) => {
    const closes = new Set<Promise<void>>()
    let hub: Hub | null = null
    const close = (): unknown => {
      const closed = hub?.close({ deadline })
      if (closed !== undefined) closes.add(closed)
      return closed
    }
    const s = stage(options(close))
    hub = s.hub as unknown as Hub
    add(hub, close)
    await work(s)
    await s.advance(deadline)
    expect(closes.size).toBe(1)
    const [end] = closes
    let ended = false
    void end?.then(() => {
      ended = true
    })
    await s.settle()
    expect(ended).toBe(true)
    expect(s.hub.sessions).toEqual([])
  },
)
