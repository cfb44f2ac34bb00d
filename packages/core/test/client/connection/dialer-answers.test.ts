import { Client, type ClientStatus, UsageError } from '@chat/core'
import { VirtualTime } from '@chat/testing'
import { expect, test } from 'vitest'

test.each([
  ['undefined', undefined],
  ['null', null],
  ['an instance of Object', {}],
  ['"ws://hub"', 'ws://hub'],
  ['the function send', { send: () => true }.send],
])('a dialer that gives no connection, but %s, is told and tried again', async (shown, given) => {
  const time = new VirtualTime()
  const client = new Client({ dial: (async () => given) as never, runtime: time.runtime('client') })
  const errors: unknown[] = []
  const statuses: ClientStatus[] = []
  client.on('$error', ({ error, subject }) => errors.push([subject, (error as Error).message]))
  client.on('$status', ({ status }) => statuses.push(status))
  await time.advance(30_000)
  expect(errors[0]).toEqual(['dial', `unable to connect: 'dial' gave no connection, but ${shown}`])
  expect(errors.length).toBeGreaterThan(1)
  expect(statuses).toContain('reconnecting')
  client.close()
  expect(() => client.reconnect()).toThrow(UsageError)
})
