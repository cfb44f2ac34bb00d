import { expect } from 'vitest'
import { attack } from '../attack.ts'

const bytes = 24_000_000
const megabyte = 1_048_576

attack(
  'chat until the log is full, and what it takes in memory (SEC-13)',
  { quick: true, hub: { log: { bytes } }, peak: 96, keeps: 48 },
  async (scene) => {
    const { heap } = await scene.measure()
    for (let room = 0; room < 8; room++)
      await scene.fill({ address: `#chat-${room}`, count: 9_000, bytes: 128 })
    const held = ((await scene.measure()).heap - heap) / megabyte
    const counted = bytes / megabyte
    scene.note({ 'MB held': held.toFixed(1), 'MB counted': counted.toFixed(1) })
    expect(held / counted, 'held for each counted byte').toBeLessThan(1.5)
  },
)
