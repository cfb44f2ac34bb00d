import { Hub, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { httpHandler, publishHandler } from '../src/index.ts'
import { nodeHttpHandler, nodePublishHandler } from '../src/node/index.ts'

const hub = new Hub()

describe.each([
  ['httpHandler', httpHandler],
  ['nodeHttpHandler', nodeHttpHandler],
] as const)('`%s`', (name, handler) => {
  test.each<[string, unknown, unknown, RegExp | string]>([
    ['no hub', undefined, {}, `the first argument is undefined, not a hub; write \`${name}(hub, options)\``],
    ['a path in place of the options', hub, '/chat', /the options are not an object, but "\/chat"/],
    ['a misspelt option', hub, { heartBeat: 5 }, /no option 'heartBeat'; .*; did you mean 'heartbeat'\?/],
    ['`null` as a number', hub, { padding: null }, /'padding' is null; give a number of at least 0/],
    ['a host that is no text', hub, { hosts: [8] }, /the option 'hosts' has 8 in its list; give texts/],
    ['a name with a blank', hub, { route: 'a b' }, /the option 'route' is "a b"; give 1–32 characters/],
  ])('with %s is an error that says what to do', (_, first, options, message) => {
    const serve = (): unknown => handler(first as Hub, options as object)
    expect(serve).toThrow(UsageError)
    expect(serve).toThrow(message)
  })
})

describe.each([
  ['publishHandler', publishHandler],
  ['nodePublishHandler', nodePublishHandler],
] as const)('`%s`', (name, handler) => {
  test.each<[string, unknown, unknown, RegExp | string]>([
    ['no hub', {}, {}, `the first argument is an instance of Object, not a hub; write \`${name}(hub, `],
    [
      'no options',
      hub,
      undefined,
      /the option 'authenticate' is undefined; give a function that returns true/,
    ],
    [
      'a misspelt option',
      hub,
      { authenticte: () => true },
      /no option 'authenticte'; .*; did you mean 'authenticate'\?/,
    ],
    [
      'a text as a time',
      hub,
      { authenticate: () => true, timeout: '5s' },
      /'timeout' must be a number of mill/,
    ],
  ])('with %s is an error that says what to do', (_, first, options, message) => {
    const serve = (): unknown => handler(first as Hub, options as never)
    expect(serve).toThrow(UsageError)
    expect(serve).toThrow(message)
  })
})
