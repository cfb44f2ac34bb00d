import { UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

describe.each([
  [4501, 'unauthorized'],
  [4513, 'removed by the application'],
  [4506, 'no common version of the protocol'],
])('after a close with %d, a use of the client tells why it is closed', (code, reason) => {
  test('in a join, a send, a call, a page of history and a reconnect', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      stage.hub.at().close(code, reason)
      await stage.settle()
      expect(client.status).toBe('closed')
      const text = `the client is closed, because it was unable to stay connected: ${reason} (code ${code}); make a new client`
      const told = expect.objectContaining({ message: expect.stringContaining(text) })
      expect(() => client.join('#b')).toThrow(told)
      expect(() => client.reconnect()).toThrow(told)
      for (const use of [room.send('say', 1), client.call('buy', 1), client.history('#a')]) {
        await expect(use).rejects.toBeInstanceOf(UsageError)
        await expect(use).rejects.toMatchObject({
          message: expect.stringContaining(text),
          cause: { detail: { code } },
        })
      }
    }))
})

test('a client that the application has closed gives no other reason', () =>
  play(async (stage) => {
    const client = await stage.connected()
    client.close()
    await expect(client.to('#a').send('say', 1)).rejects.toThrow(
      'unable to send: the client is closed; make a new client',
    )
  }))
