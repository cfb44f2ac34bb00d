import { attack } from '../attack.ts'

const pings = 200_000

attack('200 000 pings from a client that never reads (SEC-06)', { peak: 24 }, async (scene) => {
  const mallory = await scene.intruder()
  mallory.socket.pause()
  const payload = Buffer.alloc(125)
  for (let n = 0; n < pings && mallory.socket.bufferedAmount < 64 * 1024 * 1024; n++)
    mallory.socket.ping(payload)
  await scene.goesOn(3_000)
})
