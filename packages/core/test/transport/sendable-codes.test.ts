import { isSendableCode, isWebSocketCode } from '@chat/core/transport'
import { expect, test } from 'vitest'

test('a close frame carries the codes that RFC 6455 leaves to an endpoint', () => {
  const sendable = [1000, 1001, 1003, 1007, 1014, 3000, 4001, 4999]
  const never = [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]
  expect(sendable.filter(isSendableCode)).toEqual(sendable)
  expect(never.filter(isSendableCode)).toEqual([])
})

test('the web’s WebSocket takes 1000 and the codes of applications', () => {
  const sendable = [1000, 3000, 4001, 4999]
  const never = [1001, 1005, 1006, 2999, 5000, 3000.5, '1000', null]
  expect(sendable.filter(isWebSocketCode)).toEqual(sendable)
  expect(never.filter(isWebSocketCode)).toEqual([])
})
