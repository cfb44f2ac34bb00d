import { expect, test, vi } from 'vitest'
import type { NodeWsExtra } from '../../src/index.ts'
import { numbers, throughProxy } from '../support/through-proxy.ts'

const megabyte = 1024 * 1024
const filler = 'x'.repeat(60_000)

test('a client that does not read costs bounded memory and delays no other client: 4008, then the replay (F19, P-LV-4)', async () => {
  const sockets = new Map<string | null, NodeWsExtra['socket']>()
  const { proxy, enter, enterDirectly, hub, codes } = await throughProxy({
    limits: { stalled: 5_000 },
    // The hub is the side that ends the connection, also on a busy machine.
    timeouts: { heartbeat: 29_000, heartbeatGrace: 200_000 },
    authenticate: ({ token, extra }) => {
      sockets.set(token, (extra as NodeWsExtra).socket)
      return { id: String(token) }
    },
  })
  const [slow, other] = [await enter('slow'), await enterDirectly('other')]
  const waiting = (): number => sockets.get('slow')?.bufferedAmount ?? 0
  let count = 0
  // A turn or two, so that what the kernel takes is written.
  const speak = async (): Promise<void> => {
    await hub.to('#lobby').send('say', `${count++} ${filler}`)
    for (const _ of numbers(3)) await new Promise(setImmediate)
  }

  proxy.strand('down')
  // The kernels between the hub and its client take some megabytes; then the hub's own queue fills, and then only the log.
  while (waiting() === 0) await speak()
  for (const _ of numbers(40)) await speak()
  await other.hears(count)
  expect(waiting()).toBeLessThan(2 * megabyte)
  await vi.waitFor(() => expect(codes).toEqual([4008]), { timeout: 3_000, interval: 5 })
  proxy.heal()

  const order = ({ heard }: { heard: unknown[] }) => heard.map((data) => Number.parseInt(String(data), 10))
  await slow.hears(count)
  expect(order(slow)).toEqual(numbers(count))
  expect(order(other)).toEqual(numbers(count))
})
