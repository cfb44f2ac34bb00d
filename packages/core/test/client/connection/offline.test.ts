import type { Client, ConnectionHints } from '@chat/core'
import { expect, test } from 'vitest'
import { play, type Said, type Stage } from '../../support/fake-hub.ts'

/** A connected client whose platform says that it has a network, or none. */
async function start(
  stage: Stage,
): Promise<{ client: Client & { said: Said }; online: ConnectionHints['online'] }> {
  const told: ConnectionHints[] = []
  const client = await stage.connected({
    environment: (hints) => {
      told.push(hints)
      return () => {}
    },
  })
  return { client, online: (online) => told[0]?.online(online) }
}

const statuses = ({ said }: { said: Said }): string[] => said.status.map(({ status }) => status)

test('a platform without a network is offline at once, until the hub answers all the same', () =>
  play(async (stage) => {
    const { client, online } = await start(stage)
    online(false)
    expect(client.status).toBe('offline')
    await stage.settle()
    expect(statuses(client)).toEqual(['connected', 'offline', 'connected'])
    expect(stage.hub.connections).toHaveLength(1)
  }))

test('without an answer it stays offline, and connects as soon as there is a network', () =>
  play(async (stage) => {
    const { client, online } = await start(stage)
    stage.hub.script['ping'] = () => {}
    stage.reachable = false
    online(false)
    await stage.advance(30_000)
    expect(new Set(statuses(client).slice(1))).toEqual(new Set(['offline']))

    stage.reachable = true
    online(true)
    expect(client.status).toBe('reconnecting')
    await stage.settle()
    expect(statuses(client).slice(-2)).toEqual(['reconnecting', 'connected'])
  }))

test('a welcome proves that there is a network', () =>
  play(async (stage) => {
    const { client, online } = await start(stage)
    stage.hub.at().cut()
    online(false)
    await stage.advance(5_000)
    expect(client.status).toBe('connected')
    expect(stage.hub.connections).toHaveLength(2)
  }))

test('a client that is closed offline is closed', () =>
  play(async (stage) => {
    const { client, online } = await start(stage)
    stage.hub.script['ping'] = () => {}
    online(false)
    client.close()
    online(true)
    expect([client.status, statuses(client)]).toEqual(['closed', ['connected', 'offline', 'closed']])
  }))
