import { mayReconnect } from '@chat/core'
import { Batch, Frame } from '@chat/core/transport'
import { holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { numbered } from './delivery.ts'
import { excerptsOf, type LinkPair, type TransportFixture } from './fixture.ts'
import { LocalPeer } from './peer.ts'

/** Close codes: 1000, the edges of the range for applications, and codes of the protocol. */
const codes = [1000, 4000, 4001, 4008, 4012, 4408, 4499, 4500, 4501, 4514, 4899, 4999]

/** Reasons over 123 bytes of UTF-8, each with the part that is kept. */
const reasons = [
  ['x'.repeat(124), 'x'.repeat(123)],
  ['é'.repeat(62), 'é'.repeat(61)],
  ['日'.repeat(42), '日'.repeat(41)],
  ['\u{1f600}'.repeat(31), '\u{1f600}'.repeat(30)],
  ['x'.repeat(4_000), 'x'.repeat(123)],
] as const

/** Cases of endings: each link ends once, for both sides. */
export const ending: readonly TransportCase[] = [
  {
    name: 'close codes reach the peer, and come back',
    needs: ['near closeCodes'],
    async run(fixture) {
      for (const code of codes) {
        const { near, far } = await closed(fixture, (link) =>
          link.near.peer.close(code, `because of ${code}`),
        )
        same(far.closures, [{ code, reason: `because of ${code}` }], 'the closes that the peer is told')
        same(near.closures.length, 1, 'the number of ends')
        same(near.closures[0]?.code, code, 'the code on the side that closed')
      }
    },
  },
  {
    name: 'an empty reason stays empty, and one of 123 bytes whole',
    needs: ['near closeCodes'],
    async run(fixture) {
      for (const reason of ['', 'x'.repeat(123), '\u{1f600}'.repeat(30)]) {
        const { far } = await closed(fixture, (link) => link.near.peer.close(4001, reason))
        same(far.closures, [{ code: 4001, reason }], 'the closes that the peer is told')
      }
    },
  },
  {
    name: 'a reason over 123 bytes is cut between two characters',
    needs: ['near closeCodes'],
    async run(fixture) {
      for (const [given, kept] of reasons) {
        const { far } = await closed(fixture, (link) => link.near.peer.close(4001, given))
        same(far.closures, [{ code: 4001, reason: kept }], 'the closes that the peer is told')
      }
    },
  },
  {
    name: 'closing with a code that cannot be sent ends the link all the same',
    async run(fixture) {
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 4000.5])
        await closed(fixture, (link) => link.near.peer.close(code, 'no such code'))
    },
  },
  {
    name: 'transmissions sent right before a close arrive before the end',
    async run(fixture) {
      const texts = Array.from({ length: 40 }, (_, n) => numbered(n, n % 10 === 9 ? 200_000 : 50))
      const { far } = await closed(fixture, ({ near }) =>
        Promise.all([near.peer.send(texts), near.peer.close(4001, 'done')]),
      )
      same(far.received, excerptsOf(texts), 'the transmissions that arrive')
      same(far.log.at(-1)?.type, 'closed', 'the last event')
    },
  },
  {
    name: 'transmissions sent after a close are dropped silently',
    async run(fixture) {
      const { near, far } = await closed(fixture, async (link) => {
        const { peer } = link.near
        const answers = Promise.all([
          peer.send(['["before"]']),
          peer.close(4001, ''),
          peer.send(['["after"]']),
        ])
        same((await answers)[2], [true], 'the answer to a send after a close')
      })
      await near.peer.send(['["long after"]'])
      await fixture.untilStable()
      same(far.received, ['["before"]'], 'the transmissions that arrive')
    },
  },
  {
    name: 'the first of two closes counts',
    needs: ['near closeCodes'],
    async run(fixture) {
      const { near, far } = await closed(fixture, ({ near: { peer } }) =>
        Promise.all([peer.close(4001, 'first'), peer.close(4999, 'second')]),
      )
      same(far.closures, [{ code: 4001, reason: 'first' }], 'the closes that the peer is told')
      same(near.closures.length, 1, 'the number of ends')
    },
  },
  {
    name: 'a close followed by an abort is one end for either side',
    run: (fixture) =>
      closed(fixture, ({ near: { peer } }) => Promise.all([peer.close(4001, ''), peer.abort()])),
  },
  {
    name: 'an abort ends both sides, with a code that allows a reconnect',
    async run(fixture) {
      const { near, far } = await closed(fixture, ({ near: { peer } }) => peer.abort())
      for (const { closures } of [near, far])
        for (const { code } of closures)
          holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
  {
    name: 'after an abort no transmission arrives, and a second abort has no effect',
    async run(fixture) {
      const { near } = await closed(fixture, async ({ near: { peer }, far }) => {
        await Promise.all([peer.abort(), peer.abort()])
        await far.peer.send(['["late"]'])
      })
      same(near.received, [], 'the transmissions after an abort')
    },
  },
  {
    name: 'both sides close at once: one end each, with the code of one of them',
    needs: ['near closeCodes'],
    async run(fixture) {
      const { near, far } = await closed(fixture, (link) =>
        Promise.all([link.near.peer.close(4001, ''), link.far.peer.close(4013, '')]),
      )
      for (const { closures } of [near, far])
        for (const { code } of closures)
          holds(code === 4001 || code === 4013, `an end with ${code}, which neither side sent`)
    },
  },
  {
    name: 'both sides abort at once: one end each',
    run: (fixture) => closed(fixture, ({ near, far }) => Promise.all([near.peer.abort(), far.peer.abort()])),
  },
  {
    name: 'one side closes while the other aborts: one end each',
    run: (fixture) =>
      closed(fixture, ({ near, far }) => Promise.all([near.peer.close(4001, ''), far.peer.abort()])),
  },
  {
    name: 'after an abort inside `receive`, the sink is only told the end',
    needs: ['near local'],
    async run(fixture) {
      const { near } = await closed(fixture, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'receive') link.near.local.connection.abort(new Error('no more'))
        }
        await link.far.peer.send(['[1]', '[2]', numbered(3, 200_000), '[4]'])
      })
      same(near.received, ['[1]'], 'the transmissions that arrive')
    },
  },
  {
    name: 'closed from inside `receive`, the link ends with that code',
    needs: ['near local', 'near closeCodes'],
    async run(fixture) {
      const { far } = await closed(fixture, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'receive') link.near.local.connection.close(4502, 'that was wrong')
        }
        await link.far.peer.send(['[1]', '[2]', '[3]'])
      })
      same(far.closures, [{ code: 4502, reason: 'that was wrong' }], 'the closes that the peer is told')
    },
  },
  {
    name: 'no method throws or has an effect after the end, nor inside `closed`',
    needs: ['near local'],
    async run(fixture) {
      const { near } = await closed(fixture, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'closed') useAll(link.near.local)
        }
        await link.far.peer.close(4001, '')
      })
      useAll(near.local)
      await fixture.untilStable()
      same(near.log.length, 1, 'the number of events')
    },
  },
  {
    name: 'a close before the attach is told to the sink, after the transmissions that had arrived',
    sides: ['server'],
    options: { greeting: ['["hello"]'], farewell: { code: 4503, reason: 'not you' } },
    async run(fixture) {
      const { connection, server } = await fixture.openUnattached()
      await fixture.untilStable()
      const client = fixture.observePeer(new LocalPeer(connection).attach())
      await fixture.untilEnded({ near: server, far: client })
      same(client.received, ['["hello"]'], 'the transmissions before the end')
      same(client.closures.length, 1, 'the number of ends')
      same(client.log.at(-1)?.type, 'closed', 'the last event')
    },
  },
  {
    name: 'after an abort during the delivery of earlier transmissions, the sink is only told the end',
    sides: ['server'],
    options: { greeting: ['[1]', '[2]', '[3]'] },
    async run(fixture) {
      const { connection } = await fixture.openUnattached()
      await fixture.untilStable()
      const peer = new LocalPeer(connection)
      peer.reaction = ({ type }) => {
        if (type === 'receive') connection.abort(new Error('no more'))
      }
      fixture.observePeer(peer.attach())
      same(
        peer.log.map(({ type }) => type),
        ['receive', 'closed'],
        'the events of the sink',
      )
    },
  },
  {
    name: 'a reset of the link ends both sides, with a code that allows a reconnect',
    needs: ['cut'],
    async run(fixture) {
      const { near, far } = await closed(fixture, async () => {
        await fixture.bench.cut?.()
      })
      for (const { closures } of [near, far])
        for (const { code } of closures)
          holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
  {
    name: 'a reset while a close is under way is one end for either side',
    needs: ['cut'],
    run: (fixture) =>
      closed(fixture, ({ near }) => Promise.all([near.peer.close(4001, ''), fixture.bench.cut?.()])),
  },
  {
    name: 'a close ends although the peer does not answer',
    needs: ['far pause'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      await far.peer.pause()
      await near.peer.close(4001, '')
      await fixture.until('the side that closed is told of the end', () => near.ended)
      await far.peer.resume()
      await fixture.until('the other side is told of the end', () => far.ended)
    },
  },
  {
    name: 'a peer that vanished without notice is detected',
    needs: ['vanish', 'near detectsLoss'],
    async run(fixture) {
      const { near } = await fixture.openLink()
      await fixture.bench.vanish?.(fixture.side === 'client' ? 'server' : 'client')
      await fixture.until('the end is noticed', () => near.ended)
      for (const { code } of near.closures)
        holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
]

/** Opens a link, ends it, and waits until both sides know. */
async function closed(
  fixture: TransportFixture,
  end: (link: LinkPair) => Promise<unknown>,
): Promise<LinkPair> {
  const link = await fixture.openLink()
  await end(link)
  await fixture.untilEnded(link)
  return link
}

function useAll({ connection }: LocalPeer): void {
  holds(connection.send(Batch.root().append(new Frame('["late"]'))), 'a `send` after the end answered false')
  connection.pause()
  connection.resume()
  connection.close(4001, 'late')
  connection.abort(new Error('late'))
}
