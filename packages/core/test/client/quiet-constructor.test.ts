import { Client, type ClientOptions } from '@chat/core'
import { expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

const fail = (): never => {
  throw new Error('out of order')
}

const failures: Record<string, Pick<ClientOptions, 'dial' | 'token'>> = {
  'a token that throws': { token: fail, dial: () => Promise.reject(new Error('not reached')) },
  'a dialer that throws': { dial: fail },
}

test.each(Object.entries(failures))('%s fails after the listeners of the same turn are added', (_, options) =>
  play(async (stage) => {
    const client = new Client({ runtime: stage.runtime, ...options })
    stage.clients.push(client)
    const statuses: string[] = []
    client.on('$status', ({ status }) => statuses.push(status))
    expect(client.status).toBe('connecting')

    await stage.settle()

    expect(statuses).toEqual(['reconnecting'])
  }),
)

test('a client that is closed in the turn in which it is made does not dial', () =>
  play(async (stage) => {
    let dialled = false
    const client = new Client({
      runtime: stage.runtime,
      dial: () => {
        dialled = true
        return fail()
      },
    })
    client.close()
    await stage.settle()
    expect([client.status, dialled]).toEqual(['closed', false])
  }))
