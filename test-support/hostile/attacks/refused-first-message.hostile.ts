import { expect } from 'vitest'
import { frame, RawPeer } from '../../raw-peer.ts'
import { attack } from '../attack.ts'

const connections = 300
const kibibyte = 1_024

attack(
  'three hundred first messages that are too large, and what each holds while it is refused (SEC-04)',
  { quick: true },
  async (scene) => {
    const message = frame(1, Buffer.alloc(250_000))
    const peers = await Promise.all(
      Array.from({ length: connections }, () => RawPeer.upgraded(scene.port, '/chat')),
    )
    const before = await scene.measure()
    let told = 0
    for (const peer of peers) {
      peer.socket.write(message.subarray(0, 240_000))
      void peer.closeFrame().then(
        ({ code }) => code === 4514 && told++,
        () => {},
      )
    }
    await scene.goesOn(500)
    const during = await scene.measure()
    const open = during.sockets - (before.sockets - connections)
    for (const { socket } of peers) socket.destroy()
    const each = (during.heap - before.heap) / connections / kibibyte
    scene.note({ 'KiB each': Math.round(each), told, open })
    expect(told, 'clients that are told the reason').toBe(connections)
    expect(each, 'kibibytes for each connection').toBeLessThan(32)
  },
)
