import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import { expect } from 'vitest'
import { attack } from '../attack.ts'

const kept = 40

attack(
  'a user who fills many rooms, and the history of a quiet room (SEC-13)',
  { quick: true, hub: { log: { bytes: 8_000_000 }, limits: { rate: 2_000, burst: 2_000 } } },
  async (scene) => {
    await scene.fill({ address: '#quiet', count: kept, bytes: 500 })
    const mallory = await scene.intruder()
    for (let n = 0; n < 400; n++) {
      mallory.write(mallory.frame('send', `#flood-${n % 200}`, 'say', 'x'.repeat(60_000)))
      if (n % 20 === 0) await mallory.answered()
    }
    await mallory.answered()
    const reader = new Client({ dial: dial(`http://127.0.0.1:${scene.port}/chat`), token: 'reader' })
    scene.onEnd(() => reader.close())
    const { messages } = await reader.history('#quiet', { limit: 100 })
    scene.note({ 'history kept': messages.length, 'sends of the attacker': mallory.count('ok') })
    expect(messages.length, 'messages of the quiet room').toBe(kept)
  },
)
