import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../src/index.ts'
import { reaches } from './support/chat.ts'

it('gives an attempt up at the connect timeout, also where the browser never reports the failure', async () => {
  // Browsers refuse this port without an attempt; WebKit reports no error.
  const client = connect('ws://127.0.0.1:1/chat', { connectTimeout: 300 })
  onTestFinished(() => client.close())
  const errors: unknown[] = []
  client.on('$status', ({ error }) => errors.push(error?.code))
  await reaches(client, 'reconnecting')
  expect(['timeout', 'unavailable']).toContain(errors[0])
})
