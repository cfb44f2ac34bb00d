// Without its client, which users install themselves, the backplane over NATS says what is missing; a wrong
// option is refused before.
import { rejects } from 'node:assert/strict'
import { natsBackplane } from '@chat/nats'

await rejects(natsBackplane({ prefix: 'a.b' }), /option 'prefix' must be/)
await rejects(natsBackplane(), /npm install @nats-io\/transport-node/)
