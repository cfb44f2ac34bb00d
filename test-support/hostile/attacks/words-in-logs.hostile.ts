import { expect } from 'vitest'
import { attack } from '../attack.ts'
import { HttpIntruder } from '../http-intruder.ts'

const reason = `\n2026-01-01 root logged in \u001b[31m${'x'.repeat(60_000)}`

attack(
  'reasons with line feeds, colours and 60 KB in what an application logs (SEC-16)',
  { quick: true },
  async (scene) => {
    const overWs = await scene.intruder()
    overWs.socket.close(4_900, reason.slice(0, 100))
    await overWs.ended()
    for (let n = 0; n < 20; n++) {
      const overHttp = await HttpIntruder.enter(scene.port)
      await overHttp.post(JSON.stringify([4_900, reason]), { 'chat-event': 'close' })
      overHttp.leave()
    }
    await scene.goesOn(300)
    const { logged, controls } = await scene.measure()
    scene.note({ 'log bytes': logged, controls })
    expect(controls, 'control characters').toBe(0)
    expect(logged, 'bytes of the log').toBeLessThan(40 * 256)
  },
)
