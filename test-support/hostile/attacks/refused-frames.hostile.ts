import { expect } from 'vitest'
import { attack } from '../attack.ts'

const connections = 20
const duration = 30_000
const perWrite = 500

attack('twenty connections that write nothing but frames over the rate (SEC-13)', {}, async (scene) => {
  const all = await scene.intruders(connections, () => ({}))
  for (const each of all) each.deaf = true
  const end = performance.now() + duration
  while (performance.now() < end && all.some(({ closed }) => closed === null)) {
    for (const each of all)
      if (each.socket.bufferedAmount < 100_000)
        each.write(...Array.from({ length: perWrite }, () => each.frame('send', '#flood', 'say', 1)))
    await scene.goesOn(10)
  }
  const closed = all.filter((each) => each.closed === 4013).length
  const megabytes = Math.round(all.reduce((sum, each) => sum + each.received, 0) / 1e6)
  scene.note({ closed, 'MB of refusals': megabytes })
  expect(closed, 'connections closed with 4013').toBe(connections)
})
