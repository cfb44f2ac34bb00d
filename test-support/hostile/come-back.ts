import { Agent } from 'node:http'
import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import { expect } from 'vitest'
import { until } from '../brokers/until.ts'
import type { Scene } from './scene.ts'

/** Time in which honest clients are all back, in milliseconds: a reconnect delay, and a busy machine. */
const patience = 90_000

/** Network address of the clients. */
const from = '127.0.0.3'

/** Honest clients that lose their connections at once. */
export interface Crowd {
  readonly count: number
  /** Number of rooms of each. */
  readonly rooms: number
  /** Returns the user of a client. */
  userOf(index: number): string
}

/** Lets clients join their rooms, cuts all of them, and expects that each resumes its session and misses nothing. */
export async function comeBack(scene: Scene, { count, rooms, userOf }: Crowd): Promise<void> {
  const agent = new Agent({ localAddress: from })
  const dialer = dial(`http://127.0.0.1:${scene.port}/chat`, { agent })
  const clients: Client[] = []
  let heard = 0
  for (let at = 0; at < count; at += 100) {
    const next = Array.from({ length: Math.min(100, count - at) }, (_, n) => {
      const client = new Client({ dial: dialer, token: userOf(at + n) })
      client.join('#news').on('say', () => heard++)
      for (let room = 1; room < rooms; room++) client.join(`#room-${room}`)
      return client
    })
    clients.push(...next)
    await Promise.all(next.map((client) => entered(client, rooms)))
  }
  scene.onEnd(() => {
    for (const client of clients) client.close()
  })
  const sessions = clients.map(({ session }) => session)
  await scene.cut(from)
  await scene.fill({ address: '#news', count: 1, bytes: 100 })
  const start = performance.now()
  const connected = (): number => clients.filter(({ status }) => status === 'connected').length
  const all = (): boolean => connected() === count && heard === count
  await until('that all are back and have heard the news', all, patience).catch((error) => {
    scene.note({ connected: connected(), heard })
    throw error
  })
  const resumed = clients.filter(({ session }, n) => session === sessions[n]).length
  scene.note({ clients: count, resumed, 'back after ms': Math.round(performance.now() - start) })
  expect(resumed, 'clients that have resumed their session').toBe(count)
}

/** Resolves when a client has joined its rooms, which its first `hello` has named. */
async function entered(client: Client, rooms: number): Promise<void> {
  await client.join('#news').ready
  await Promise.all(Array.from({ length: rooms - 1 }, (_, n) => client.join(`#room-${n + 1}`).ready))
}
