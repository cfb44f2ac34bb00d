import { UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { dial } from '../src/client/index.ts'

test.each([
  'http://alice:s3cret@127.0.0.1:9/chat',
  'wss://:s3cret@app.example',
  'https://s3cret@app.example',
])('a URL with a user or a password is refused in the call, and the error does not tell it: %s', (url) => {
  let error: unknown = null
  try {
    dial(url)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(UsageError)
  expect(String(error)).toContain("give the option 'headers'")
  expect(String(error)).not.toContain('s3cret')
})
