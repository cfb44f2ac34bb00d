import { Client, handleAsk, type RoomAddress, restoreFrom, UsageError } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { describe, expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

const dial: Dialer = () => Promise.reject(new Error('there is no hub here'))

describe('wrong options of an operation never reach the hub, which would end the client for good', () => {
  test.each([[1], [null], [{}]])('the key %j of a cast is refused', (key) =>
    play(async (stage) => {
      const client = await stage.connected()
      const options = { key: key as never }
      for (const target of [client.to('#a'), client.join('#a')])
        expect(() => target.cast('x', 1, options)).toThrow(
          "unable to cast: the option 'key' must be a string, but is ",
        )
      await stage.settle()
      expect(stage.hub.at().of('cast')).toEqual([])
      expect(client.status).toBe('connected')
    }),
  )

  test.each([
    ['after', -1, 'an offset, a whole number from 0, but is -1'],
    ['after', 1.5, 'an offset, a whole number from 0, but is 1.5'],
    ['after', Number.NaN, 'an offset, a whole number from 0, but is NaN'],
    ['before', '9', 'an offset, a whole number from 0, but is "9"'],
    ['limit', 'x', 'a number of messages, a whole number from 1, but is "x"'],
    ['limit', 0, 'a number of messages, a whole number from 1, but is 0'],
  ])('the option %s of a page of history is refused as %j', (name, value, expected) =>
    play(async (stage) => {
      const client = await stage.connected()
      const options = { [name]: value } as never
      const message = `unable to read the history of #a: the option '${name}' must be ${expected}`
      await expect(client.history('#a', options)).rejects.toThrow(message)
      await expect(client.join('#a').history(options)).rejects.toThrow(message)
      await stage.settle()
      expect(stage.hub.at().of('read')).toEqual([])
      expect(client.status).toBe('connected')
    }),
  )

  test('the least and `undefined` values are allowed', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.to('#a').cast('x', 1, { key: undefined as never })
      client.to('#a').cast('x', 1, { key: '' })
      stage.watch(client.history('#a', { after: 0, limit: 1, signal: undefined as never }))
      await stage.settle()
      expect(stage.hub.at().of('cast')).toHaveLength(2)
      expect(stage.hub.at().of('read')).toHaveLength(1)
    }))
})

describe('options of sends and casts that do not exist are refused', () => {
  test('a send has a signal only, and its promise rejects', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const target of [client.to('#a'), client.join('#a')])
        await expect(target.send('x', 1, { key: 'k' } as never)).rejects.toThrow(
          "unable to send: there is no option 'key'; the options are signal",
        )
      await expect(client.to('#a').send('x', 1, null as never)).rejects.toThrow(UsageError)
    }))

  test('a cast has a key only', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const target of [client.to('#a'), client.join('#a')])
        expect(() => target.cast('x', 1, { keys: 'k' } as never)).toThrow(
          "unable to cast: there is no option 'keys'; the options are key",
        )
      expect(() => client.to('#a').cast('x', 1, 'k' as never)).toThrow(UsageError)
    }))
})

describe('options with a wrong value are refused, with the values that are allowed', () => {
  test.each([
    ['token', 7, 'a string, null, or a function that returns it, but is 7'],
    ['positions', 7, 'an object of positions by address, but is 7'],
    ['connectTimeout', 0, 'a number of milliseconds above 0, but is 0'],
    ['callTimeout', 'x', 'a number of milliseconds above 0, but is "x"'],
    ['callTimeout', Number.NaN, 'a number of milliseconds above 0, but is NaN'],
    ['maxQueued', -1, 'a number of operations above 0, but is -1'],
    ['positions', [], 'an object of positions by address, but is an array'],
    ['positions', Promise.resolve({}), 'an object of positions by address, but is an instance of Promise'],
    ['snapshot', 1, 'what restoreFrom(hook) returns, but is 1'],
    ['snapshot', { hook: () => null }, 'what restoreFrom(hook) returns, but is an instance of Object'],
    ['outbox', {}, 'an outbox, but is an instance of Object'],
    ['outbox', Promise.resolve({}), 'an outbox, but is an instance of Promise'],
    ['runtime', {}, 'a runtime, but is an instance of Object'],
    ['runtime', null, 'a runtime, but is null'],
    ['observe', {}, 'a function, but is an instance of Object'],
    ['environment', 1, 'a function, but is 1'],
  ])('the option %s of a client is refused as %j', (name, value, expected) => {
    expect(() => new Client({ dial, [name]: value } as never)).toThrow(
      `unable to create a client: the option '${name}' must be ${expected}`,
    )
  })

  test('the positions of an empty storage are allowed', () =>
    play(async (stage) => {
      const client = await stage.connected({ positions: JSON.parse('null') })
      expect(client.status).toBe('connected')
    }))

  test('the option `snapshot` of a join is made by restoreFrom, from a function', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.join('#a', { snapshot: (() => null) as never })).toThrow(
        "unable to join #a: the option 'snapshot' must be what restoreFrom(hook) returns, but is the function",
      )
      expect(() => restoreFrom(1 as never)).toThrow('unable to restore from 1: give a function')
    }))

  test.each([
    ['timeout', 'x', 'a number of milliseconds from 0, but is "x"'],
    ['timeout', -1, 'a number of milliseconds from 0, but is -1'],
    ['idempotent', 1, 'true or false, but is 1'],
    ['signal', 'x', 'an AbortSignal, but is "x"'],
  ])('the option %s of a call is refused as %j', (name, value, expected) =>
    play(async (stage) => {
      const client = await stage.connected()
      await expect(client.call('rename', 1, { [name]: value } as never)).rejects.toThrow(
        `unable to call 'rename': the option '${name}' must be ${expected}`,
      )
      expect(stage.hub.at().of('call')).toEqual([])
    }),
  )

  test.each([['x'], [null], [{ aborted: true }]])(
    '%j is no signal of a send or a page of history',
    (signal) =>
      play(async (stage) => {
        const client = await stage.connected()
        const options = { signal: signal as never }
        await expect(client.to('#a').send('x', 1, options)).rejects.toThrow(
          "unable to send: the option 'signal' must be an AbortSignal, but is ",
        )
        await expect(client.history('#a', options)).rejects.toThrow(
          "'signal' must be an AbortSignal, but is ",
        )
        expect(stage.hub.at().of('send')).toEqual([])
      }),
  )
})

describe('arguments of another type, which JavaScript lets through, are wrong use', () => {
  test.each([[undefined], [null], [5], [{}]])('%j is neither an address nor a name', (value) =>
    play(async (stage) => {
      const client = await stage.connected()
      const given = value as unknown as string
      expect(() => client.to(given)).toThrow(
        /^unable to use the address .*'\*', '#room', '@user' or '~session'/,
      )
      expect(() => client.join(given as RoomAddress)).toThrow(UsageError)
      await expect(client.history(given)).rejects.toBeInstanceOf(UsageError)
      expect(() => client.on(given, () => {})).toThrow(/^unable to use the name /)
      expect(() => handleAsk(client, given, () => 1)).toThrow(UsageError)
      expect(() => client.to('#a').cast(given, 1)).toThrow(UsageError)
      await expect(client.call(given, 1)).rejects.toBeInstanceOf(UsageError)
    }),
  )
})

test('an operation of a closed client names the operation that it refuses', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const room = client.join('#a')
    client.close()
    const rest = ': the client is closed; make a new client'
    await expect(room.send('x', 1)).rejects.toThrow(`unable to send${rest}`)
    await expect(room.history()).rejects.toThrow(`unable to read the history of #a${rest}`)
    await expect(client.call('rename', 1)).rejects.toThrow(`unable to call 'rename'${rest}`)
  }))

test.each([[null], [5_000], [() => {}], ['x']])(
  'options %j of a call are refused by its promise',
  (options) =>
    play(async (stage) => {
      const client = await stage.connected()
      const text = "unable to call 'roll': the options are not an object, but "
      await expect(client.call('roll', 1, options as never)).rejects.toThrow(text)
      await expect(client.call('roll', undefined, options as never)).rejects.toThrow(UsageError)
      await stage.settle()
      expect(stage.hub.at().of('call')).toEqual([])
    }),
)

test.each([[{ events: {} }], [{}], [null], ['chat']])(
  'the contract %j, which would validate nothing, is refused',
  (value) => {
    const make = () => new Client({ dial, contract: value as never })
    expect(make).toThrow(
      "unable to create a client: the option 'contract' must be made by contract({ … }), but is ",
    )
  },
)
