import { RawPeer } from '../../raw-peer.ts'
import { Seeded } from '../../soak/seeded.ts'
import { attack } from '../attack.ts'

const connections = 1_500

attack('random bytes and broken frames on 1 500 connections (FZ-02, SEC-09)', {}, async (scene) => {
  const random = new Seeded(1)
  for (let n = 0; n < connections; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const peer = await RawPeer.upgraded(scene.port, '/chat').catch(() => null)
        const bytes = Buffer.from(
          Array.from({ length: random.between(1, 600) }, () => random.between(0, 255)),
        )
        // Half of them begin like a text that fits, so that more than the first byte is looked at.
        if (random.next() < 0.5) bytes[0] = 0x81
        peer?.socket.end(bytes)
        setTimeout(() => peer?.socket.destroy(), random.between(1, 100))
      }),
    )
  await scene.goesOn(500)
  scene.note({ connections, errors: (await scene.measure()).errors })
})
