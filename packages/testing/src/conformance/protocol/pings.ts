import { rises, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Pings and pongs of clients. */
export const pings: readonly ProtocolCase[] = [
  {
    name: 'a ping without t is answered without t',
    rules: ['P-LV-1'],
    async run(hub) {
      const client = await hub.welcomed()
      client.write(['ping'])
      same(await client.next('pong'), ['pong'], 'the answer')
    },
  },
  ...[0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1)].map((t) => ({
    name: `a ping with ${t} is answered with ${t}`,
    rules: ['P-LV-1'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.write(['ping', t])
      same(await client.next('pong'), ['pong', t], 'the answer')
    },
  })),
  {
    name: 'of several pings the newest is answered, and the answers come in order',
    rules: ['P-LV-1', 'P-LV-4'],
    async run(hub) {
      const client = await hub.welcomed()
      client.write(...Array.from({ length: 200 }, (_, n) => ['ping', n]))
      const answered = (): number[] => client.all('pong').map(([, t]) => t as number)
      await client.until('the newest ping is answered', () => answered().includes(199) || undefined)
      rises(answered(), 'the answers')
    },
  },
  {
    name: 'a pong without a ping is ignored',
    rules: ['P-LV-1'],
    async run(hub) {
      const client = await hub.welcomed()
      client.write(['pong'], ['pong', 7], ['pong', -1])
      await client.roundTrip()
      same(client.types(), ['welcome', 'pong'], 'the frames')
    },
  },
]
