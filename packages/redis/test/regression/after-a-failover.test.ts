import { systemRuntime } from '@chat/core'
import { describe, expect, test } from 'vitest'
import type { RedisClient } from '../../src/client.ts'
import { Connection } from '../../src/connection.ts'
import { Health } from '../../src/health.ts'
import { Subscriber } from '../../src/subscriber.ts'

/** A client that has given up, as one does that asks sentinels while they name a new primary. */
class EndedClient implements RedisClient {
  status = 'end'
  attempts = 0

  async connect(): Promise<void> {
    this.attempts++
    throw new Error('no sentinel answers')
  }

  disconnect(): void {}

  async call(): Promise<never> {
    throw new Error('there is no connection')
  }

  on(): this {
    return this
  }
}

describe('after a failover', () => {
  test('each test of the connection makes a client connect that has ended, until the backplane closes', async () => {
    const client = new EndedClient()
    const connection = new Connection({ single: client }, systemRuntime, () => {})
    for (const attempts of [1, 2]) {
      await expect(connection.probe()).rejects.toMatchObject({ code: 'unavailable' })
      expect(client.attempts).toBe(attempts)
    }
    connection.end()
    await expect(connection.probe()).rejects.toMatchObject({ code: 'unavailable' })
    expect(client.attempts).toBe(2)
  })

  test('a connection for subscriptions that has ended connects again, unless it is closed', () => {
    const client = new EndedClient()
    const subscriber = new Subscriber(client, false, { received() {}, lost() {} })
    subscriber.revive()
    client.status = 'connecting'
    subscriber.revive()
    expect(client.attempts).toBe(1)
    client.status = 'end'
    subscriber.close()
    subscriber.revive()
    expect(client.attempts).toBe(1)
  })

  test('hints count as interrupted from a loss until the listeners are called', async () => {
    const health: Health = new Health({
      runtime: systemRuntime,
      interval: 60_000,
      test: async () => expect(health.interrupted).toBe(true),
    })
    expect(health.interrupted).toBe(false)
    health.suspect()
    expect(health.interrupted).toBe(true)
    await new Promise<void>((resolve) => {
      health.onReconnect(resolve)
    })
    expect(health.interrupted).toBe(false)
    health.close()
  })
})
