import { Hub, systemRuntime, UsageError } from '@chat/core'
import { describe, expect, test, vi } from 'vitest'
import { hello } from '../support/raw-client.ts'
import { type StageOptions, stage } from '../support/stage.ts'

/** A hub without a listener of `$error`, and the texts and errors that it writes. */
function silentStage(options: StageOptions = {}) {
  const written: [text: string, error: unknown][] = []
  const s = stage({ ...options, listens: false, report: (text, error) => written.push([text, error]) })
  return { s, written }
}

describe('an error of the application, while nothing listens to $error', () => {
  test.each([
    ['authenticate', { authenticate: () => thrown() }, 'the policy'],
    ['authorize', { authorize: () => thrown() }, 'the policy'],
  ] as const)('of `%s` is written', async (_, options, source) => {
    const { s, written } = silentStage(options)
    const alice = await s.open()
    await alice.say(hello('alice'), ['join', 1, '#room'])
    expect(written).toEqual([[expect.stringContaining(`an error of ${source}`), new Error('broken')]])
    expect(written[0]?.[0]).toContain("hub.on('$error', …)")
  })

  test('of a handler is written with the name of the call', async () => {
    const { s, written } = silentStage()
    s.hub.handle('buy', async () => thrown())
    const alice = await s.client('alice')
    await alice.call(['call', 1, 'buy', null])
    expect(written).toEqual([[expect.stringContaining("the handler of 'buy'"), new Error('broken')]])
  })

  test('of a listener is written with the name of the event', async () => {
    const { s, written } = silentStage()
    s.hub.on('say', thrown)
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#room', 'say', 1])
    expect(written).toEqual([[expect.stringContaining("the handler of 'say'"), new Error('broken')]])
  })

  test('is written once, however often it happens', async () => {
    const { s, written } = silentStage()
    s.hub.on('say', thrown)
    const alice = await s.client('alice')
    for (const ref of [1, 2, 3]) await alice.call(['send', ref, '#room', 'say', ref])
    expect(written).toHaveLength(1)
  })

  test('is not written when it is heard', async () => {
    const { s, written } = silentStage()
    s.hub.on('$error', () => {})
    s.hub.on('say', thrown)
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#room', 'say', 1])
    expect(written).toEqual([])
  })

  test('is not written when the option `logErrors` is false', async () => {
    const { s, written } = silentStage({ logErrors: false })
    s.hub.on('say', thrown)
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#room', 'say', 1])
    expect(written).toEqual([])
  })
})

test('an error of a listener of $error itself is written', async () => {
  const { s, written } = silentStage()
  s.hub.on('$error', thrown)
  s.hub.on('say', () => {
    throw new Error('first')
  })
  const alice = await s.client('alice')
  await alice.call(['send', 1, '#room', 'say', 1])
  expect(written).toEqual([[expect.stringContaining("the listener of '$error'"), new Error('broken')]])
})

test('frames of a client that breaks the protocol are not written', async () => {
  const { s, written } = silentStage()
  const mallory = await s.client('mallory')
  await mallory.say('no frame')
  expect(mallory.code).toBe(4502)
  expect(written).toEqual([])
})

test('the platform writes to its console', () => {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  systemRuntime.report?.('text', 'error')
  expect(spy).toHaveBeenCalledWith('text', 'error')
  spy.mockRestore()
})

test('a value of `logErrors` that is no boolean is refused', () => {
  expect(() => new Hub({ logErrors: 'no' } as object)).toThrow(UsageError)
})

function thrown(): never {
  throw new Error('broken')
}
