import { expect } from 'vitest'
import { RawPeer } from '../../raw-peer.ts'
import { attack } from '../attack.ts'

const sockets = 1_000

attack('a thousand sockets that are upgraded and never say hello (SEC-02)', {}, async (scene) => {
  const peers: RawPeer[] = []
  for (let n = 0; n < sockets; n += 100) {
    const next = Array.from({ length: 100 }, () => RawPeer.upgraded(scene.port, '/chat').catch(() => null))
    for (const peer of await Promise.all(next)) if (peer !== null) peers.push(peer)
  }
  let closed = 0
  for (const peer of peers) void peer.closed().then(() => closed++)
  await scene.goesOn(14_000)
  scene.note({ upgraded: peers.length, closed })
  expect(closed, 'sockets that the hub has closed').toBe(peers.length)
})
