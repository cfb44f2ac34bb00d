// Neither the DOM nor Node: TypeScript knows only the language.
import { Client, Hub, systemRuntime, UncertainError } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { explore, VirtualTime, world } from '@chat/testing'
import type { BackplaneHarness, defineTransportSuite } from '@chat/testing/conformance'
import type { Chat } from './contract.js'

const hub = new Hub<Chat>({ authenticate: () => ({ id: 'alice' }) })
const network = new MemoryNetwork(systemRuntime, { latency: () => 10 })
network.listen('hub', hub)
const client = new Client<Chat>({ dial: network.dialer('hub') })
client
  .to('#lobby')
  .send('say', { text: 'hi' })
  .catch((error: unknown) => error instanceof UncertainError)

await world({ seed: 7 }, async (w) => {
  const simulated = w.hub<Chat>({ authorize: () => true })
  const alice = await w.client(simulated, 'alice')
  w.link(alice).cut('45s')
  await alice.to('#lobby').send('say', { text: 'hi' })
  await w.advance('60s')
  const texts: string[] = w.seen<{ text: string }>(alice, '#lobby').map(({ data }) => data.text)
  texts.push(...w.gaps(alice, '#lobby').map(({ reason }) => reason))
})
await explore(
  { runs: 5, workload: (w, send: () => Promise<unknown>) => send().then(() => w.advance('1s')) },
  (w) => {
    const alice = new Client({ dial: network.dialer('hub'), runtime: w.runtime('alice') })
    return () => alice.to('#lobby').send('say', 'hi')
  },
)
await new VirtualTime(42).advance(1_000)

export type Suites = [typeof defineTransportSuite, BackplaneHarness]
