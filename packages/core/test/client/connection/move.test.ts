import type { Client, ConnectionHints } from '@chat/core'
import { expect, test } from 'vitest'
import { msg, play, type Stage } from '../../support/fake-hub.ts'

/** A connected client whose environment reports a better connection path when the test says so. */
async function start(stage: Stage): Promise<{ client: Client; move(): void }> {
  let hints: ConnectionHints | null = null
  const client = await stage.connected({
    environment: (told) => {
      hints = told
      return () => {}
    },
  })
  return { client, move: () => hints?.move() }
}

test('a client that moves leaves its connection when it is welcomed on the next, and resumes', () =>
  play(async (stage) => {
    const { client, move } = await start(stage)
    const heard: unknown[] = []
    client.on('say', (data) => heard.push(data))
    stage.hub.at().write(msg('*', 1))
    await stage.settle()

    move()
    await stage.settle()

    const [older, newer] = stage.hub.connections
    expect(newer?.hello).toMatchObject({ session: { n: 1 }, streams: { '*': ['e1', 1, 'm1'] } })
    expect(older?.closedWith).toEqual({ code: 1000, reason: '' })
    expect([client.status, heard]).toEqual(['connected', [1]])
  }))

test('the present connection is used until the new connection is welcomed', () =>
  play(async (stage) => {
    const { client, move } = await start(stage)
    const heard: unknown[] = []
    client.on('say', (data) => heard.push(data))
    stage.reachable = false

    move()
    stage.hub.at().write(msg('*', 1))
    client
      .to('*')
      .send('say', 'from here')
      .catch(() => {})
    await stage.settle()
    await stage.advance(60_000)

    expect([client.status, heard, stage.hub.connections.length]).toEqual(['connected', [1], 1])
    expect(stage.hub.at().of('send')).toHaveLength(1)
    client.close()
  }))

test('a send without an answer is repeated after the move, with its ref (P-PB-3)', () =>
  play(async (stage) => {
    const { client, move } = await start(stage)
    client
      .to('*')
      .send('say', 1)
      .catch(() => {})
    await stage.settle()

    move()
    await stage.settle()

    const refs = stage.hub.connections.map((connection) => connection.of('send').map(([, ref]) => ref))
    expect(refs[1]).toEqual(refs[0])
    client.close()
  }))

test('a client that is disconnected, or dials already, does not move', () =>
  play(async (stage) => {
    const { client, move } = await start(stage)

    move()
    move()
    await stage.settle()
    expect(stage.hub.connections).toHaveLength(2)

    client.close()
    move()
    await stage.settle()
    expect(stage.hub.connections).toHaveLength(2)
  }))
