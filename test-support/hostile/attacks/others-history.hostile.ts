import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import { expect } from 'vitest'
import { attack } from '../attack.ts'
import type { Scene } from '../scene.ts'

const kept = 40

const hub = { log: { bytes: 8_000_000 }, limits: { rate: 2_000, burst: 2_000 } }

attack(
  'a user who fills many rooms, and the history of a quiet room (SEC-13)',
  { quick: true, hub },
  (scene) => fillRooms(scene, ['mallory']),
)

attack(
  'thirty anonymous users of one address who fill many rooms, and the history of a quiet room (SEC-13)',
  { quick: true, hub: { ...hub, application: 'guests' } },
  (scene) =>
    fillRooms(
      scene,
      Array.from({ length: 30 }, (_, n) => `guest-${n}`),
    ),
)

async function fillRooms(scene: Scene, users: readonly string[]): Promise<void> {
  await scene.fill({ address: '#quiet', count: kept, bytes: 500 })
  const all = await Promise.all(users.map((user) => scene.intruder({ user })))
  for (let n = 0; n < 400; n++) {
    const each = all[n % all.length]
    each?.write(each.frame('send', `#flood-${n % 200}`, 'say', 'x'.repeat(60_000)))
    if (n % 20 === 0) await each?.answered()
  }
  for (const each of all) await each.answered()
  const reader = new Client({ dial: dial(`http://127.0.0.1:${scene.port}/chat`), token: 'reader' })
  scene.onEnd(() => reader.close())
  const { messages } = await reader.history('#quiet', { limit: 100 })
  const sent = all.reduce((sum, each) => sum + each.count('ok'), 0)
  scene.note({ 'history kept': messages.length, 'sends of the attackers': sent })
  expect(messages.length, 'messages of the quiet room').toBe(kept)
}
