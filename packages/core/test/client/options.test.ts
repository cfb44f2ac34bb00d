import { Client, UsageError, watchPresence } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { describe, expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

const dial: Dialer = () => Promise.reject(new Error('there is no hub here'))

describe('an option that does not exist', () => {
  test('is refused by the client, with the list of its options', () => {
    expect(() => new Client({ dial, tokn: 'alice' } as never)).toThrow(
      "unable to create a client: there is no option 'tokn'; the options are dial, contract, streams, token, positions, connectTimeout, callTimeout, maxQueued, snapshot, inbox, outbox, observe, logErrors, runtime, environment",
    )
    expect(() => new Client({ dial, requestTimeout: 1 } as never)).toThrow(UsageError)
  })

  test('is refused by a join', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.join('#a', { snapshots: () => null } as never)).toThrow(
        "unable to join #a: there is no option 'snapshots'; the options are snapshot, state, last",
      )
      expect(Object.keys(client.positions)).not.toContain('#a')
    }))

  test('rejects a call, and no frame is sent', () =>
    play(async (stage) => {
      const client = await stage.connected()
      await expect(client.call('rename', 1, { timout: 5 } as never)).rejects.toThrow(
        "unable to call 'rename': there is no option 'timout'; the options are timeout, idempotent, signal",
      )
      expect(stage.hub.at().of('call')).toEqual([])
    }))

  test('rejects the reading of history', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const options = { since: 5 } as never
      const message =
        "unable to read the history of #a: there is no option 'since'; the options are after, before, limit, signal"
      await expect(client.history('#a', options)).rejects.toThrow(message)
      await expect(client.join('#a').history(options)).rejects.toThrow(message)
    }))

  test('is refused by watchPresence', () =>
    play(async (stage) => {
      const room = (await stage.connected()).join('#a')
      expect(() => watchPresence(room, { onchange: () => {} } as never)).toThrow(
        "unable to watch presence: there is no option 'onchange'; the options are onChange, max",
      )
    }))
})

describe('options with a wrong value are refused', () => {
  test.each([[undefined], [null], ['ws://hub'], [{}]])('a client needs a dialer: %j is none', (options) => {
    expect(() => new Client(options as never)).toThrow(UsageError)
  })

  test('watchPresence takes a room, and no function in place of its options', () =>
    play(async (stage) => {
      const room = (await stage.connected()).join('#a')
      expect(() => watchPresence('#a' as never)).toThrow('give a room, as client.join returns it')
      expect(() => watchPresence(room, (() => {}) as never)).toThrow('the options are not an object, but')
      expect(() => watchPresence(room, { onChange: 'show' as never })).toThrow(
        'the option \'onChange\' is not a function, but "show"',
      )
      expect(() => watchPresence(room, { max: Number.NaN })).toThrow(
        "the option 'max' is not a number of members, but NaN",
      )
    }))
})
