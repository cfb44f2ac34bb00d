import { type Hub, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { stage } from '../../support/stage.ts'

// The options are wrong on purpose.
type Use = (hub: Hub, options: never) => unknown
const send: Use = (hub, options) => hub.to('#a').send('say', 1, options)
const broadcast: Use = (hub, options) => hub.broadcast('say', 1, options)
const cast: Use = async (hub, options) => hub.to('#a').cast('say', 1, options)
const ask: Use = (hub, options) => hub.to('@bob').ask('sure', 1, options)
const askAll: Use = (hub, options) => hub.to('@bob').askAll('sure', 1, options)
const remove: Use = (hub, options) => hub.to('#a').remove('@bob', options)
const history: Use = (hub, options) => hub.to('#a').history(options)
const sessions: Use = (hub, options) => hub.to('#a').sessions(options)
const stream: Use = (hub, options) => hub.to('#a').stream('story', options)
const kick: Use = (hub, options) => hub.kick('@bob', options)
const close: Use = (hub, options) => hub.close(options)
const outcome = async (use: Use, options: unknown) => use(stage().hub, options as never)

describe('the options of the hub', () => {
  test.each([
    ['send', send, 'unable to send to #a', 'signal'],
    ['broadcast', broadcast, 'unable to send to *', 'signal'],
    ['cast', cast, 'unable to cast to #a', 'key'],
    ['ask', ask, 'unable to ask @bob', 'timeout, signal'],
    ['askAll', askAll, 'unable to ask @bob', 'timeout, signal'],
    ['remove', remove, 'unable to remove a session from #a', 'code, message'],
    ['kick', kick, 'unable to kick', 'reason'],
    ['close', close, 'unable to close the hub', 'deadline'],
  ])('%s refuses an unknown option and lists the options that exist', async (_, use, operation, known) => {
    const unknown = outcome(use, { nonsense: 1 })
    await expect(unknown).rejects.toBeInstanceOf(UsageError)
    await expect(unknown).rejects.toThrow(
      `${operation}: there is no option 'nonsense'; the options are ${known}`,
    )
    for (const value of ['bye', 5000, null])
      await expect(outcome(use, value)).rejects.toThrow(`${operation}: the options are not an object`)
  })

  test.each([
    ['cast', cast, { key: 1 }, "the option 'key' must be a string, but is 1"],
    ['ask', ask, { timeout: '1' }, `the option 'timeout' must be a number of milliseconds, at least 0`],
    ['askAll', askAll, { timeout: Number.POSITIVE_INFINITY }, "the option 'timeout' must be a number"],
    ['remove', remove, { message: 5 }, "the option 'message' must be a string, but is 5"],
    ['kick', kick, { reason: null }, "the option 'reason' must be a string, but is null"],
    ['close', close, { deadline: 'x' }, `the option 'deadline' must be a number of milliseconds`],
    ['close', close, { deadline: -1 }, 'at least 0, but is -1'],
  ])('%s refuses a value that cannot work', async (_, use, options, text) => {
    const refused = outcome(use, options)
    await expect(refused).rejects.toBeInstanceOf(UsageError)
    await expect(refused).rejects.toThrow(text)
  })

  test.each([
    ['send', send],
    ['broadcast', broadcast],
    ['ask', ask],
    ['askAll', askAll],
    ['history', history],
    ['sessions', sessions],
    ['stream', stream],
  ])('%s refuses a signal that is none, and tells of a controller in its place', async (_, use) => {
    for (const signal of [null, 5, 'x', {}, [], () => {}, Promise.resolve()])
      await expect(outcome(use, { signal })).rejects.toThrow(
        /^unable to .*: the option 'signal' must be an AbortSignal, but is /,
      )
    await expect(outcome(use, { signal: new AbortController() })).rejects.toThrow(
      "the option 'signal' must be an AbortSignal, but is an instance of AbortController; give its property `signal`",
    )
  })

  test('a wrong signal holds up no later message of its address', async () => {
    const { hub } = stage()
    await expect(send(hub, { signal: [] } as never)).rejects.toThrow(UsageError)
    await expect(send(hub, {} as never)).resolves.toMatchObject({ id: expect.any(String) })
  })

  test.each([
    ['after', -1, 'a whole number from 0, but is -1'],
    ['before', '5', 'a whole number from 0, but is "5"'],
    ['limit', 0, 'a whole number from 1, but is 0'],
    ['limit', true, 'a whole number from 1, but is true'],
    ['limit', null, 'a whole number from 1, but is null'],
    ['limit', 10n, 'a whole number from 1, but is 10n'],
    ['limit', Number.NaN, 'a whole number from 1, but is NaN'],
  ])('the option %s of a history is refused as %s', async (name, value, expected) => {
    const refused = outcome(history, { [name]: value })
    await expect(refused).rejects.toBeInstanceOf(UsageError)
    await expect(refused).rejects.toThrow(`the option '${name}' must be ${expected}`)
  })

  test('a hub whose close was refused goes on', async () => {
    const { hub } = stage()
    await expect(close(hub, { deadline: 'x' } as never)).rejects.toThrow(UsageError)
    expect(hub.closing).toBe(false)
  })
})
