import { checkHub, type TransportHub } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { hubOf } from '../support/request-handler.ts'

test('a value that is no hub is an error that shows the call as it should be', () => {
  expect(() => checkHub(hubOf(), 'bunHandler(hub, options)')).not.toThrow()
  for (const wrong of [undefined, null, {}, { path: '/chat' }])
    expect(() => checkHub(wrong as unknown as TransportHub, 'bunHandler(hub, options)')).toThrow(
      /unable to serve a hub: the first argument is .*, not a hub; write `bunHandler\(hub, options\)`/,
    )
})
