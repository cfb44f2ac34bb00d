import { contract, Hub, UsageError } from '@chat/core'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const text = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const
const definition = contract({ events: { say: text }, calls: { rename: { input: text, output: text } } })
const runtime = new VirtualTime().runtime('hub')
/** A hub as JavaScript sees it: the compiler checks no name and no function. */
const careless = (options: object = {}): Hub => new Hub({ runtime, ...options })
const nothing = (): void => {}

describe('hub.on and hub.handle', () => {
  test('on refuses the name of a call, and names handle', () => {
    const hub = careless()
    hub.handle('rename', nothing)
    expect(() => hub.on('rename', nothing)).toThrow(/unable to listen to "rename": .*hub\.handle/)
    const strict = careless({ contract: definition })
    expect(() => strict.on('rename', nothing)).toThrow(/unable to listen to "rename": .*hub\.handle/)
  })

  test('handle refuses a second handler, and a name that has listeners', () => {
    const hub = careless()
    hub.handle('rename', nothing)
    expect(() => hub.handle('rename', nothing)).toThrow('unable to handle "rename": it has a handler already')
    const undo = hub.on('say', nothing)
    expect(() => hub.handle('say', nothing)).toThrow('unable to handle "say": hub.on has added listeners')
    undo()
    expect(() => hub.handle('say', nothing)).not.toThrow()
  })

  test('handle refuses a name that is not among the calls of the contract', () => {
    const hub = careless({ contract: definition })
    for (const name of ['say', 'toString', 'renam'])
      expect(() => hub.handle(name, nothing)).toThrow("it is not among the contract's calls")
    expect(() => hub.handle('rename', nothing)).not.toThrow()
  })

  test('on refuses an event of the hub that does not exist, and lists those that do', () => {
    for (const name of ['$conect', '$', '$toString'])
      expect(() => careless().on(name, nothing)).toThrow(
        /its own events are \$connect, \$disconnect, \$expire, \$join, \$leave, \$error/,
      )
  })

  test.each(['', 'a\nb', 'a'.repeat(129), undefined, 7, null])(
    'P-PB-10: neither takes %j, which cannot be the name of an event',
    (name) => {
      expect(() => careless().on(name as string, nothing)).toThrow(UsageError)
      expect(() => careless().handle(name as string, nothing)).toThrow(UsageError)
    },
  )

  test('handle refuses a name with $', () => {
    expect(() => careless().handle('$connect', nothing)).toThrow('no $ at its start')
  })

  test.each([undefined, null, 'say', {}])('neither takes %j in the place of a function', (value) => {
    const wrong = value as unknown as () => void
    expect(() => careless().on('say', wrong)).toThrow(
      /unable to listen to "say": the listener must be a function, but is /,
    )
    expect(() => careless().handle('say', wrong)).toThrow(
      /unable to handle "say": the handler must be a function, but is /,
    )
  })
})
