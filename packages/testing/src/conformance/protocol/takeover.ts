import { contains, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Sessions with several connections: the newest wins. */
export const takeover: readonly ProtocolCase[] = [
  {
    name: 'a session that is resumed closes its old connection with 4509',
    rules: ['P-HS-5'],
    async run(hub) {
      const first = await hub.welcomed()
      const second = await hub.resume(first, 1)
      await second.welcomed()
      same(await first.closeCode(), 4509, 'the close code')
      await second.roundTrip()
    },
  },
  {
    name: 'frames that arrive on a replaced connection do not run',
    rules: ['P-HS-5', 'P-ST-8'],
    needs: ['pause'],
    async run(hub) {
      const room = hub.room()
      const first = await hub.welcomed()
      first.pause()
      const second = await hub.resume(first, 1)
      same((await second.welcomed()).resumed, true, '`resumed`')
      first.write(['send', 1, room, 'stale', 1])
      first.write(['leave', 2, room])
      await second.roundTrip()
      await second.requestAs(3, 'send', room, 'current', 1)
      first.resume()
      same(await first.closeCode(), 4509, 'the close code')
      same(first.answers(1), [], 'the answers on the replaced connection')
      await hub.expectHistory(room, ['current'])
    },
  },
  {
    name: 'a new connection is joined to the addresses of its hello and to no other',
    rules: ['P-HS-7'],
    async run(hub) {
      const [kept, dropped] = [hub.room(), hub.room()]
      const first = await hub.joined([kept, dropped])
      const second = await hub.resume(first, 1, { hello: { streams: { [kept]: null } } })
      const addresses = Object.keys((await second.welcomed()).streams)
      same(addresses.sort(), ['*', `@${first.user}`, kept].sort(), 'the addresses in the welcome')
      for (const room of [dropped, kept]) await second.succeed('send', room, 'e', 1)
      await second.messages(kept, 1)
      await second.roundTrip()
      same(second.all('msg', dropped), [], 'the messages of the other room')
    },
  },
  {
    name: 'of several connections with the same attempt one gets the session, and the rest 4001',
    rules: ['P-HS-4', 'P-HS-6'],
    async run(hub) {
      const first = await hub.welcomed()
      const rivals = await compete(hub, first, [1, 1, 1, 1])
      const results = await Promise.all(rivals.map((rival) => rival.orCloseCode(rival.welcomed())))
      const winners = rivals.filter((_, n) => typeof results[n] === 'object')
      same(winners.length, 1, 'the number of connections that are welcomed')
      contains(winners[0]?.welcome, { resumed: true }, 'the welcome')
      same(winners[0]?.sessionId, first.sessionId, 'the session')
      same(results.filter((result) => result === 4001).length, 3, 'the number of closes with 4001')
      await winners[0]?.roundTrip()
      same(await first.closeCode(), 4509, 'the close code of the old connection')
    },
  },
  {
    name: 'of several connections with growing attempts one has the session in the end',
    rules: ['P-HS-4', 'P-HS-5'],
    async run(hub) {
      const first = await hub.welcomed()
      const rivals = await compete(hub, first, [1, 2, 3, 4, 5])
      const ends = await Promise.all(
        rivals.map(async (rival) => {
          await rival.orCloseCode(rival.welcomed())
          return rival.orCloseCode(rival.roundTrip())
        }),
      )
      const winners = rivals.filter((rival, n) => ends[n] === true && rival.sessionId === first.sessionId)
      same(winners.length, 1, 'the number of connections that have the session')
      for (const end of ends) oneOf(end, [true, 4001, 4509], 'the end of a connection')
    },
  },
  ...(['a close', 'a protocol error', 'a cut'] as const).map((how) => ({
    name: `a session outlives its connection after ${how}, with its memory of sends`,
    rules: ['P-HS-6', 'P-PB-2'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const first = await hub.welcomed()
      await first.succeed('send', room, 'e', 1)
      if (how === 'a close') first.close(1000)
      else if (how === 'a cut') first.abandon()
      else first.transmit('x')
      await first.closed()
      const back = await hub.resume(first, 1)
      same((await back.welcomed()).resumed, true, '`resumed`')
      same((await back.requestAs(1, 'send', room, 'e', 1)).result.dup, true, '`dup` of a repetition')
    },
  })),
]

/** Resumes a session on several connections at once, each with its attempt. */
async function compete(
  hub: HubUnderTest,
  client: ProtocolClient,
  attempts: readonly number[],
): Promise<ProtocolClient[]> {
  const rivals = await Promise.all(attempts.map(() => hub.connect()))
  const { token } = hub.userOf(client)
  for (const [i, rival] of rivals.entries()) {
    const session = { ...client.welcome.session, n: attempts[i] }
    rival.write(['hello', { v: [1, 1], token, session }])
  }
  return rivals
}
