// Measures the cost of a delivery in Bun's process. Compares a hub's message to a room, a plain loop of
// `send`, and Bun's own `publish`, by turns in one run. Prints its port, and at the end the results as JSON.
// tooling/runtimes/bench-bun.mjs starts it together with its clients.
import { type BunExtra, bunHandler } from '@chat/bun'
import { Hub } from '@chat/core'
import { serve } from './support/bun.ts'

const [, , size = '500', rounds = '9'] = process.argv
const receivers = Number(size)
/** Number of deliveries in a turn, and number of turns. */
const kinds = { 'one at a time': { burst: 1, turns: 60 }, 'bursts of 10': { burst: 10, turns: 20 } }
const payload = 'x'.repeat(128)
/** A text of the same length as the hub's frame. */
const text = JSON.stringify(['msg', '#room', 1_000_000, 'say', payload, null, 'klXDTAhy3iB-.1000000'])

interface PlainSocket {
  readonly data: { readonly topic: boolean }
  send(text: string): number
  subscribe(topic: string): void
}

const members: BunExtra['socket'][] = []
const hub = new Hub({
  authenticate({ token, extra }) {
    members.push((extra as BunExtra).socket)
    return { id: token ?? '' }
  },
  authorize: () => true,
})
const plain: PlainSocket[] = []
let subscribed = 0
const chat = bunHandler(hub, {
  path: '/hub',
  fetch(request: Request, plainServer: typeof server) {
    const topic = request.url.endsWith('/publish')
    return plainServer.upgrade(request, { data: { topic }, headers: {} }) ? undefined : new Response(null)
  },
  websocket: {
    open(socket: PlainSocket) {
      if (!socket.data.topic) return void plain.push(socket)
      socket.subscribe('all')
      subscribed++
    },
    message() {},
  },
})
const server = serve({ port: 0, hostname: '127.0.0.1', ...chat }) as ReturnType<typeof serve> & {
  publish(topic: string, text: string): number
}

const methods: Record<string, () => unknown> = {
  hub: () => hub.to('#room').send('say', payload),
  send: () => {
    for (const socket of plain) socket.send(text)
  },
  publish: () => server.publish('all', text),
}

/**
 * Waits for a round of Bun's event loop, which writes published texts. Texts that are published while timers
 * run are written only after the next round, so each rest ends with a turn. Otherwise a fifth of the texts of
 * `publish`, and none of `send`, would share a write with the previous text.
 */
const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))
async function rest(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time))
  await turn()
}

/** Rotates the items, so that each is first in some rounds. */
function rotated<T>(items: T[], by: number): T[] {
  const at = (by + items.length) % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

console.log(server.port)
while ((hub.rooms.get('#room') ?? 0) < receivers || plain.length < receivers || subscribed < receivers)
  await rest(20)

const costs: { kind: string; method: string; cost: number }[] = []
for (const [kind, { burst, turns }] of Object.entries(kinds))
  for (let round = -1; round < Number(rounds); round++)
    for (const [method, deliver] of rotated(Object.entries(methods), round)) {
      const before = process.cpuUsage()
      for (let n = 0; n < turns; n++) {
        for (let i = 0; i < burst; i++) void deliver()
        await turn()
        if (n % 5 === 4) await rest(2)
      }
      // Sockets that are slow on a busy machine are drained before the next measurement.
      do await rest(30)
      while (members.some((socket) => socket.getBufferedAmount() > 0))
      const { user, system } = process.cpuUsage(before)
      // The first round is a warm-up.
      if (round < 0) continue
      const cost = (user + system) / (turns * burst * receivers)
      costs.push({ kind, method, cost })
    }
if (hub.rooms.get('#room') !== receivers)
  throw new Error('unable to measure: some sessions left before the end')
console.log(JSON.stringify(costs))
process.exit()
