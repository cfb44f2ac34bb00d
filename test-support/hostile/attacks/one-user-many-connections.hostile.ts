import { expect } from 'vitest'
import { attack } from '../attack.ts'

const connections = 1_000
const allowed = 500

attack('1 000 connections of one user from 100 addresses (SEC-12)', { peak: 96 }, async (scene) => {
  const all = await scene.intruders(connections, (i) => ({ from: `127.0.1.${1 + (i % 100)}` }))
  const open = all.filter(({ welcome, closed }) => welcome !== null && closed === null).length
  scene.note({ open, allowed })
  expect(open, 'connections that the user has').toBeLessThanOrEqual(allowed)
})
