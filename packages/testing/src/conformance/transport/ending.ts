import { mayReconnect } from '@chat/core'
import { Batch, Frame } from '@chat/core/transport'
import { holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { numbered } from './delivery.ts'
import { LocalPeer } from './peer.ts'
import { gists, type Link, type Stage } from './stage.ts'

/** 1000, the edges of what applications may use, and codes of the protocol. */
const codes = [1000, 4000, 4001, 4008, 4012, 4408, 4499, 4500, 4501, 4514, 4899, 4999]

/** Reasons over 123 bytes of UTF-8, and what is left of them. */
const reasons = [
  ['x'.repeat(124), 'x'.repeat(123)],
  ['é'.repeat(62), 'é'.repeat(61)],
  ['日'.repeat(42), '日'.repeat(41)],
  ['\u{1f600}'.repeat(31), '\u{1f600}'.repeat(30)],
  ['x'.repeat(4_000), 'x'.repeat(123)],
] as const

/** Each link ends once, for both sides, whatever ends it. */
export const ending: readonly TransportCase[] = [
  {
    name: 'close codes reach the peer, and come back',
    needs: ['near closeCodes'],
    async run(stage) {
      for (const code of codes) {
        const { near, far } = await closed(stage, (link) => link.near.peer.close(code, `because of ${code}`))
        same(far.ends, [{ code, reason: `because of ${code}` }], 'what the peer is told')
        same(near.ends.length, 1, 'the number of ends')
        same(near.ends[0]?.code, code, 'the code on the side that closed')
      }
    },
  },
  {
    name: 'an empty reason stays empty, and one of 123 bytes whole',
    needs: ['near closeCodes'],
    async run(stage) {
      for (const reason of ['', 'x'.repeat(123), '\u{1f600}'.repeat(30)]) {
        const { far } = await closed(stage, (link) => link.near.peer.close(4001, reason))
        same(far.ends, [{ code: 4001, reason }], 'what the peer is told')
      }
    },
  },
  {
    name: 'a reason over 123 bytes is cut between two characters',
    needs: ['near closeCodes'],
    async run(stage) {
      for (const [given, kept] of reasons) {
        const { far } = await closed(stage, (link) => link.near.peer.close(4001, given))
        same(far.ends, [{ code: 4001, reason: kept }], 'what the peer is told')
      }
    },
  },
  {
    name: 'closing with a code that cannot be sent ends the link all the same',
    async run(stage) {
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 4000.5])
        await closed(stage, (link) => link.near.peer.close(code, 'no such code'))
    },
  },
  {
    name: 'what was sent right before a close arrives before the end',
    async run(stage) {
      const texts = Array.from({ length: 40 }, (_, n) => numbered(n, n % 10 === 9 ? 200_000 : 50))
      const { far } = await closed(stage, ({ near }) =>
        Promise.all([near.peer.send(texts), near.peer.close(4001, 'done')]),
      )
      same(far.received, gists(texts), 'what arrives')
      same(far.log.at(-1)?.type, 'closed', 'the last event')
    },
  },
  {
    name: 'what is sent after a close is dropped in silence',
    async run(stage) {
      const { near, far } = await closed(stage, async (link) => {
        const { peer } = link.near
        const answers = Promise.all([
          peer.send(['["before"]']),
          peer.close(4001, ''),
          peer.send(['["after"]']),
        ])
        same((await answers)[2], [true], 'the answer to a send after a close')
      })
      await near.peer.send(['["long after"]'])
      await stage.still()
      same(far.received, ['["before"]'], 'what arrives')
    },
  },
  {
    name: 'the first of two closes counts',
    needs: ['near closeCodes'],
    async run(stage) {
      const { near, far } = await closed(stage, ({ near: { peer } }) =>
        Promise.all([peer.close(4001, 'first'), peer.close(4999, 'second')]),
      )
      same(far.ends, [{ code: 4001, reason: 'first' }], 'what the peer is told')
      same(near.ends.length, 1, 'the number of ends')
    },
  },
  {
    name: 'a close followed by an abort is one end for either side',
    run: (stage) => closed(stage, ({ near: { peer } }) => Promise.all([peer.close(4001, ''), peer.abort()])),
  },
  {
    name: 'an abort ends both sides, who may come back',
    async run(stage) {
      const { near, far } = await closed(stage, ({ near: { peer } }) => peer.abort())
      for (const { ends } of [near, far])
        for (const { code } of ends) holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
  {
    name: 'after an abort nothing arrives any more, and a second abort does nothing',
    async run(stage) {
      const { near } = await closed(stage, async ({ near: { peer }, far }) => {
        await Promise.all([peer.abort(), peer.abort()])
        await far.peer.send(['["late"]'])
      })
      same(near.received, [], 'what arrives after an abort')
    },
  },
  {
    name: 'both sides close at once: one end each, with the code of one of them',
    needs: ['near closeCodes'],
    async run(stage) {
      const { near, far } = await closed(stage, (link) =>
        Promise.all([link.near.peer.close(4001, ''), link.far.peer.close(4013, '')]),
      )
      for (const { ends } of [near, far])
        for (const { code } of ends)
          holds(code === 4001 || code === 4013, `an end with ${code}, which nobody said`)
    },
  },
  {
    name: 'both sides abort at once: one end each',
    run: (stage) => closed(stage, ({ near, far }) => Promise.all([near.peer.abort(), far.peer.abort()])),
  },
  {
    name: 'one side closes while the other aborts: one end each',
    run: (stage) =>
      closed(stage, ({ near, far }) => Promise.all([near.peer.close(4001, ''), far.peer.abort()])),
  },
  {
    name: 'aborted from inside `receive`, a sink hears nothing but the end',
    needs: ['near local'],
    async run(stage) {
      const { near } = await closed(stage, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'receive') link.near.local.connection.abort(new Error('no more'))
        }
        await link.far.peer.send(['[1]', '[2]', numbered(3, 200_000), '[4]'])
      })
      same(near.received, ['[1]'], 'what arrives')
    },
  },
  {
    name: 'closed from inside `receive`, the link ends with that code',
    needs: ['near local', 'near closeCodes'],
    async run(stage) {
      const { far } = await closed(stage, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'receive') link.near.local.connection.close(4502, 'that was wrong')
        }
        await link.far.peer.send(['[1]', '[2]', '[3]'])
      })
      same(far.ends, [{ code: 4502, reason: 'that was wrong' }], 'what the peer is told')
    },
  },
  {
    name: 'no method throws or does anything after the end, nor inside `closed`',
    needs: ['near local'],
    async run(stage) {
      const { near } = await closed(stage, async (link) => {
        link.near.local.reaction = ({ type }) => {
          if (type === 'closed') useAll(link.near.local)
        }
        await link.far.peer.close(4001, '')
      })
      useAll(near.local)
      await stage.still()
      same(near.log.length, 1, 'the number of events')
    },
  },
  {
    name: 'an end that came before the sink is told to it, after what had arrived',
    sides: ['server'],
    options: { greeting: ['["hello"]'], farewell: { code: 4503, reason: 'not you' } },
    async run(stage) {
      const { connection, server } = await stage.ends()
      await stage.still()
      const client = stage.observe(new LocalPeer(connection).attach())
      await stage.over({ near: server, far: client })
      same(client.received, ['["hello"]'], 'what had arrived')
      same(client.ends.length, 1, 'the number of ends')
      same(client.log.at(-1)?.type, 'closed', 'the last event')
    },
  },
  {
    name: 'aborted while what came before the sink is handed to it, a sink hears nothing but the end',
    sides: ['server'],
    options: { greeting: ['[1]', '[2]', '[3]'] },
    async run(stage) {
      const { connection } = await stage.ends()
      await stage.still()
      const peer = new LocalPeer(connection)
      peer.reaction = ({ type }) => {
        if (type === 'receive') connection.abort(new Error('no more'))
      }
      stage.observe(peer.attach())
      same(
        peer.log.map(({ type }) => type),
        ['receive', 'closed'],
        'what the sink hears',
      )
    },
  },
  {
    name: 'a reset of the link ends both sides, who may come back',
    needs: ['cut'],
    async run(stage) {
      const { near, far } = await closed(stage, async () => {
        await stage.bench.cut?.()
      })
      for (const { ends } of [near, far])
        for (const { code } of ends) holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
  {
    name: 'a reset while a close is under way is one end for either side',
    needs: ['cut'],
    run: (stage) =>
      closed(stage, ({ near }) => Promise.all([near.peer.close(4001, ''), stage.bench.cut?.()])),
  },
  {
    name: 'a close ends although the peer does not answer',
    needs: ['far pause'],
    async run(stage) {
      const { near, far } = await stage.link()
      await far.peer.pause()
      await near.peer.close(4001, '')
      await stage.until('the side that closed is told of the end', () => near.ended)
      await far.peer.resume()
      await stage.until('the other side is told of the end', () => far.ended)
    },
  },
  {
    name: 'a peer that vanished without a word is noticed',
    needs: ['vanish', 'near detectsLoss'],
    async run(stage) {
      const { near } = await stage.link()
      await stage.bench.vanish?.(stage.side === 'client' ? 'server' : 'client')
      await stage.until('the end is noticed', () => near.ended)
      for (const { code } of near.ends)
        holds(mayReconnect(code), `${code} tells the client never to come back`)
    },
  },
]

/** A link on which something was done that must end it for both sides, once they know. */
async function closed(stage: Stage, end: (link: Link) => Promise<unknown>): Promise<Link> {
  const link = await stage.link()
  await end(link)
  await stage.over(link)
  return link
}

function useAll({ connection }: LocalPeer): void {
  holds(connection.send(Batch.root().append(new Frame('["late"]'))), 'a `send` after the end answered false')
  connection.pause()
  connection.resume()
  connection.close(4001, 'late')
  connection.abort(new Error('late'))
}
