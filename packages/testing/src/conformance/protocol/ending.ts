import { holds, same } from '../check.ts'
import { given, type ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import { byteLength } from './frames.ts'
import type { EndableHub } from './harness.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** The end of a hub. */
export const ending: readonly ProtocolCase[] = [
  {
    name: 'a hub that ends says bye to every session and closes it with 4001',
    rules: ['P-LV-5'],
    needs: ['startAnother'],
    async run(hub) {
      const another = await given(hub.harness.startAnother, 'startAnother')()
      const clients = await Promise.all([1, 2, 3, 4].map(() => welcomedBy(hub, another)))
      const ended = another.end()
      for (const client of clients) await leavesWithBye(client)
      await ended
    },
  },
  {
    name: 'a hub that ends does not welcome a client that comes then',
    rules: ['P-LV-5'],
    needs: ['startAnother', 'pause'],
    async run(hub) {
      const another = await given(hub.harness.startAnother, 'startAnother')()
      const stubborn = await welcomedBy(hub, another)
      const witness = await welcomedBy(hub, another)
      stubborn.pause()
      const ended = another.end()
      same(await witness.closeCode(), 4001, 'the close code')
      const late = hub.take(another.dial(['chat.v1.json']))
      const opened = late.opened().then(() => {
        late.write(['hello', { v: [1, 1], token: hub.user().token }])
        return late.welcomed().then(() => 'welcomed')
      })
      holds((await late.orCloseCode(opened)) !== 'welcomed', 'a client that came late was welcomed')
      stubborn.resume()
      await ended
    },
  },
]

async function welcomedBy(hub: HubUnderTest, another: EndableHub): Promise<ProtocolClient> {
  const client = await hub.take(another.dial(['chat.v1.json'])).opened()
  client.write(['hello', { v: [1, 1], token: hub.user().token }])
  await client.welcomed()
  return client
}

async function leavesWithBye(client: ProtocolClient): Promise<void> {
  const [, code, text, extra] = await client.next('bye')
  same([code, typeof text], [4001, 'string'], 'the code and the type of the message')
  const { retryAfter = -1 } = (extra ?? {}) as { retryAfter?: number }
  holds(retryAfter >= 0, `\`retryAfter\` is ${retryAfter}`)
  const { code: closed, reason } = await client.closed()
  same(closed, 4001, 'the close code')
  holds(byteLength(reason) <= 123, `the reason has ${byteLength(reason)} bytes`)
  same(client.frames.at(-1)?.[0], 'bye', 'the last frame')
}
