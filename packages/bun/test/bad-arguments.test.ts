import { Hub, UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { bunHandler } from '../src/index.ts'

const hub = new Hub()

test.each<[string, unknown, unknown, RegExp]>([
  ['no hub', undefined, {}, /the first argument is undefined, not a hub; write `bunHandler\(hub, options\)`/],
  ['a path in place of the options', hub, '/chat', /the options are not an object, but "\/chat"/],
  ['a misspelt option', hub, { fecth() {} }, /no option 'fecth'; the options are .*; did you mean 'fetch'\?/],
  ['a list as `websocket`', hub, { websocket: [] }, /the option 'websocket' is an array; give the handlers/],
  ['a host that is no text', hub, { hosts: [8] }, /the option 'hosts' has 8 in its list; give texts/],
  ['a text as `onRefused`', hub, { onRefused: 'log' }, /the option 'onRefused' is "log"; give a function/],
])('`bunHandler` with %s is an error that says what to do', (_, first, options, message) => {
  const serve = (): unknown => bunHandler(first as Hub, options as object)
  expect(serve).toThrow(UsageError)
  expect(serve).toThrow(message)
})
