import { same } from '../check.ts'
import { given, type ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Cancels that are written at once, within the window of the other operations. */
const atOnce = 10

/** Calls of the hub, and asks of the hub, that are to end before their answer. */
export const cancelling: readonly ProtocolCase[] = [
  {
    name: 'a cancel of a ref that names no call under way is ok',
    rules: ['P-CN-1'],
    async run(hub) {
      const client = await hub.welcomed()
      const call = await client.request('call', 'nobody', 1)
      const send = await client.request('send', hub.room(), 'e', 1)
      for (const target of [call.ref, send.ref, 2 ** 53 - 1])
        same((await client.request('cancel', target)).code, 'ok', `the answer for ${target}`)
    },
  },
  {
    name: 'cancels of calls do not count toward the rate',
    rules: ['P-CN-1', 'P-LV-6'],
    async run(hub) {
      const client = await hub.welcomed()
      const { burst, rate } = client.welcome.limits
      const started = hub.now()
      // The rate refills meanwhile.
      for (let done = 0; done <= burst + ((hub.now() - started) * rate) / 1_000; done += atOnce) {
        const refs = Array.from({ length: atOnce }, () => client.nextRef())
        client.write(...refs.map((ref) => ['cancel', ref, 1]))
        for (const code of await client.codes(refs)) same(code, 'ok', 'an answer')
      }
    },
  },
  {
    name: 'a call that is cancelled is answered with cancelled, once',
    rules: ['P-CN-2'],
    needs: ['pendingCall'],
    async run(hub) {
      const client = await hub.welcomed()
      const call = startCall(hub, client)
      same((await client.request('cancel', call)).code, 'ok', 'the answer to the cancel')
      same((await client.answer(call)).code, 'cancelled', 'the answer to the call')
      same((await client.request('cancel', call)).code, 'ok', 'the answer to another cancel')
      await client.roundTrip()
      same(client.answers(call).length, 1, 'the number of answers to the call')
    },
  },
  {
    name: 'a call and its cancel in one transmission take effect in their order',
    rules: ['P-CN-2', 'P-CN-1'],
    needs: ['pendingCall'],
    async run(hub) {
      const client = await hub.welcomed()
      client.write(['call', 1, pendingCall(hub), 1], ['cancel', 2, 1])
      same(await client.codes([1, 2]), ['cancelled', 'ok'], 'the answers')
    },
  },
  {
    name: 'a cancel leaves the other calls under way',
    rules: ['P-CN-2'],
    needs: ['pendingCall'],
    async run(hub) {
      const client = await hub.welcomed()
      const [first, second, third] = [startCall(hub, client), startCall(hub, client), startCall(hub, client)]
      await client.succeed('cancel', second)
      same((await client.answer(second)).code, 'cancelled', 'the answer to the cancelled call')
      await client.roundTrip()
      same(
        [first, third].flatMap((ref) => client.answers(ref)),
        [],
        'the answers to the other calls',
      )
    },
  },
  {
    name: 'a cancel concerns the calls of its own connection only',
    rules: ['P-CN-1'],
    needs: ['pendingCall'],
    async run(hub) {
      const user = hub.user()
      const [client, tab] = [await hub.welcomed({ user }), await hub.welcomed({ user })]
      const call = startCall(hub, client)
      await tab.succeed('cancel', call)
      await client.roundTrip()
      same(client.answers(call), [], 'the answers to the call of another connection')
      await client.succeed('cancel', call)
      same((await client.answer(call)).code, 'cancelled', 'the answer to the call')
    },
  },
  {
    name: 'a cancelled call counts as unanswered until it is answered, and no longer',
    rules: ['P-CN-2', 'P-PB-6'],
    needs: ['pendingCall'],
    async run(hub) {
      const client = await hub.welcomed()
      const { inflight } = client.welcome.limits
      const call = startCall(hub, client)
      for (let calls = 1; calls < inflight; calls++) startCall(hub, client)
      same((await client.request('call', 'nobody', 1)).code, 'busy', 'the answer to one call more')
      await client.succeed('cancel', call)
      same((await client.answer(call)).code, 'cancelled', 'the answer to the cancelled call')
      same((await client.request('call', 'nobody', 1)).code, 'not_found', 'the answer to a call afterwards')
    },
  },
  {
    name: 'an ask is cancelled at the other sessions when one has answered',
    rules: ['P-CN-4'],
    needs: ['ask'],
    async run(hub) {
      const user = hub.user()
      const [client, tab] = [await hub.welcomed({ user }), await hub.welcomed({ user })]
      given(hub.harness.ask, 'ask')(user.id, 10_000)
      const [, own] = await client.next('ask')
      const [, other] = await tab.next('ask')
      client.write(['reply', own, 'yes'])
      same((await tab.next('cancel'))[1], other, 'the ask that is cancelled')
      // A reply that crosses the cancel does no harm (P-FR-10).
      tab.write(['reply', other, 'late'])
      await tab.roundTrip()
      await client.roundTrip()
      same(client.all('cancel'), [], 'the cancels at the session that has answered')
    },
  },
  {
    name: 'an ask is cancelled when its time is up',
    rules: ['P-CN-4'],
    needs: ['ask'],
    async run(hub) {
      const client = await hub.welcomed()
      given(hub.harness.ask, 'ask')(client.user, 200)
      const [, ask] = await client.next('ask')
      same((await client.next('cancel'))[1], ask, 'the ask that is cancelled')
    },
  },
]

const pendingCall = (hub: HubUnderTest): string => given(hub.harness.pendingCall, 'pendingCall')

/** Writes a call whose handler waits, and returns its ref. */
function startCall(hub: HubUnderTest, client: ProtocolClient): number {
  const ref = client.nextRef()
  client.write(['call', ref, pendingCall(hub), 1])
  return ref
}
