import { UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { requireWs } from '../src/require-ws.ts'

test.each(['8.22.9', '8.9.0', '7.30.0', '8.0.0', '0.0.0'])(
  'ws %s is refused, and the message says what to install (N-05)',
  (version) => {
    expect(() => requireWs(version)).toThrow(UsageError)
    expect(() => requireWs(version)).toThrow(`unable to use ws ${version}`)
    expect(() => requireWs(version)).toThrow('npm install ws@^8.23.0')
  },
)

test.each(['8.23.0', '8.23.1', '8.100.0', '9.0.0', '10.0.0-beta.1'])(
  'ws %s is accepted (N-05)',
  (version) => {
    expect(() => requireWs(version)).not.toThrow()
  },
)

test('the installed ws is checked, and a bundled one cannot be (N-05)', () => {
  expect(() => requireWs()).not.toThrow()
  expect(() => requireWs(null)).not.toThrow()
})
