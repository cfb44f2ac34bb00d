import { expect } from 'vitest'
import { frame, RawPeer } from '../../raw-peer.ts'
import { attack } from '../attack.ts'

const connections = 300
const kibibyte = 1_024

attack('three hundred first messages of 250 KB that never end (SEC-04)', { quick: true }, async (scene) => {
  const before = await scene.measure()
  const message = frame(1, Buffer.alloc(250_000))
  const peers = await Promise.all(
    Array.from({ length: connections }, () => RawPeer.upgraded(scene.port, '/chat')),
  )
  // A third says as much as it may, a third in small pieces, and a third far more.
  for (const [n, { socket }] of peers.entries())
    if (n % 3 === 0) socket.write(message.subarray(0, 16_000))
    else if (n % 3 === 2) socket.write(message.subarray(0, 240_000))
  for (let piece = 0; piece < 160; piece++) {
    for (const [n, { socket }] of peers.entries())
      if (n % 3 === 1) socket.write(message.subarray(piece * 100, piece * 100 + 100))
    await scene.goesOn(10)
  }
  await scene.goesOn(2_500)
  const during = await scene.measure()
  const left = during.sockets - before.sockets
  for (const { socket } of peers) socket.destroy()
  const each = (during.heap - before.heap) / connections / kibibyte
  scene.note({ 'KiB each': Math.round(each), 'still open': left })
  expect(each, 'kibibytes for each connection').toBeLessThan(48)
})
