// A process that forgets to close its hub. The hub sweeps its data every half minute; the process must end
// earlier.
import { Client, Hub, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'

const hub = new Hub({
  authenticate: ({ token }) => ({ id: `${token}` }),
  authorize: () => true,
  presence: {},
})
const network = new MemoryNetwork(systemRuntime)
network.listen('hub', hub)
const client = new Client({ dial: network.dialer('hub'), token: 'alice' })
await client.join('#lobby').ready
await hub.to('#lobby').send('say', 'hello')
const [present, ended] = [await hub.to('#lobby').members(), new Promise((end) => hub.on('$disconnect', end))]
client.close()
await ended
systemRuntime.timer(200, () => console.log(`${present.length} was here`))
