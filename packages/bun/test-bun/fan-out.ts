// Measures what a delivery costs Bun's process: a hub's message to a room, a plain loop of `send`, and Bun's own `publish`, in turns within one run. Prints its port, and at the
// end what it has measured, as JSON. tooling/runtimes/bench-bun.mjs starts it with its clients.
import { type BunExtra, bunHandler } from '@chat/bun'
import { Hub } from '@chat/core'
import { serve } from './support/bun.ts'

const [, , size = '500', rounds = '9'] = process.argv
const receivers = Number(size)
/** What goes down in one turn, and in how many turns. */
const kinds = { 'one at a time': { burst: 1, turns: 60 }, 'bursts of 10': { burst: 10, turns: 20 } }
const payload = 'x'.repeat(128)
/** As long as the hub's frame. */
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

const ways: Record<string, () => unknown> = {
  hub: () => hub.to('#room').send('say', payload),
  send: () => {
    for (const socket of plain) socket.send(text)
  },
  publish: () => server.publish('all', text),
}

/**
 * A round of Bun's event loop, which writes what was published in it. What is published while timers run is written after the next round only, so a rest has
 * a turn behind it: without it one of five messages of `publish` would share a write with the one before, and nothing else would.
 */
const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))
async function rest(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time))
  await turn()
}

/** Nobody is always the first. */
function rotated<T>(items: T[], by: number): T[] {
  const at = (by + items.length) % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

console.log(server.port)
while ((hub.rooms.get('#room') ?? 0) < receivers || plain.length < receivers || subscribed < receivers)
  await rest(20)

const costs: { kind: string; way: string; cost: number }[] = []
for (const [kind, { burst, turns }] of Object.entries(kinds))
  for (let round = -1; round < Number(rounds); round++)
    for (const [way, deliver] of rotated(Object.entries(ways), round)) {
      const before = process.cpuUsage()
      for (let n = 0; n < turns; n++) {
        for (let i = 0; i < burst; i++) void deliver()
        await turn()
        if (n % 5 === 4) await rest(2)
      }
      // Who was slow on a busy machine gets the rest before anybody else is measured.
      do await rest(30)
      while (members.some((socket) => socket.getBufferedAmount() > 0))
      const { user, system } = process.cpuUsage(before)
      // The first round warms up.
      if (round < 0) continue
      const cost = (user + system) / (turns * burst * receivers)
      costs.push({ kind, way, cost })
    }
if (hub.rooms.get('#room') !== receivers) throw new Error('some left before the end: nothing was measured')
console.log(JSON.stringify(costs))
process.exit()
