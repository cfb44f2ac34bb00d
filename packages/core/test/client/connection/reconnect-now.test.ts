import { expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

test('reconnect() ends the wait for the next attempt', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.reachable = false
    stage.hub.at().cut()
    await stage.advance(10_000)
    expect(client.retryIn).toBeGreaterThan(0)

    stage.reachable = true
    client.reconnect()
    await stage.settle()

    expect([client.status, client.retryIn]).toEqual(['connected', null])
  }))

test('`$status` tells the wait for the first attempt, and `$error` finds that of each later one', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const waits: (number | null | undefined)[] = []
    client.on('$status', ({ retryIn }) => waits.push(retryIn))
    client.on('$error', () => waits.push(client.retryIn))
    stage.reachable = false
    stage.hub.at().cut()
    await stage.advance(10_000)
    expect(waits.length).toBeGreaterThan(2)
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(100)

    await stage.advance((client.retryIn ?? 0) - 1)
    expect(client.retryIn).toBeCloseTo(1)
  }))

test('reconnect() checks a connection that there is, and keeps it', () =>
  play(async (stage) => {
    const client = await stage.connected()
    client.reconnect()
    await stage.settle()
    expect([client.status, stage.hub.connections.length]).toEqual(['connected', 1])
    expect(stage.hub.at().of('ping')).toHaveLength(1)
  }))

test('reconnect() of a closed client is a UsageError', () =>
  play(async (stage) => {
    const client = await stage.connected()
    client.close()
    expect(() => client.reconnect()).toThrow('unable to reconnect: the client is closed')
  }))
