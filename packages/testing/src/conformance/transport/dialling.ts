import type { Connection, DialOptions } from '@chat/core/transport'
import { ConformanceError, holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { createAborter, subprotocol, type TransportFixture } from './fixture.ts'
import { LocalPeer } from './peer.ts'

const cases: readonly TransportCase[] = [
  {
    name: 'both ends know the subprotocol: the first offered subprotocol that the server speaks',
    options: { subprotocols: ['b.v1', 'a.v1'] },
    async run(fixture) {
      const { connection, server } = await fixture.openUnattached(['x.v9', 'a.v1', 'b.v1'])
      fixture.observePeer(new LocalPeer(connection).attach())
      same(connection.protocol, 'a.v1', "the client's subprotocol")
      same((await server.peer.status()).protocol, 'a.v1', "the server's subprotocol")
    },
  },
  {
    name: 'without an offer there is no subprotocol',
    async run(fixture) {
      const { connection, server } = await fixture.openUnattached([])
      fixture.observePeer(new LocalPeer(connection).attach())
      same(connection.protocol, '', "the client's subprotocol")
      same((await server.peer.status()).protocol, '', "the server's subprotocol")
    },
  },
  {
    name: 'without a common subprotocol, the connection has an empty subprotocol or the dial rejects',
    async run(fixture) {
      const signal = createAborter().signal
      const dialled = fixture.bench.dial({ protocols: ['x.v9', 'y.v9'], signal })
      const connection = await fixture.poller.awaitOutcome('the dial has an outcome', unlessRejected(dialled))
      if (connection === null) return
      same(connection.protocol, '', "the client's subprotocol")
      fixture.observePeer(new LocalPeer(connection).attach())
    },
  },
  {
    name: 'each connection declares the capabilities that its harness says',
    async run(fixture) {
      const connection = await fixture.dial()
      fixture.observePeer(new LocalPeer(connection).attach())
      same(connection.capabilities, fixture.capabilities.client, "the client's capabilities")
      const { peer } = await fixture.poller.awaitOutcome('the server accepts', fixture.bench.accepted())
      if (peer instanceof LocalPeer)
        same(peer.connection.capabilities, fixture.capabilities.server, "the server's capabilities")
    },
  },
  {
    name: 'the handshake has all its parts, with the names of headers in lower case',
    async run(fixture) {
      const { connection, accepted } = await fixture.openUnattached()
      fixture.observePeer(new LocalPeer(connection).attach())
      const { path, headers, params, query, cookies, origin, remoteAddress } = accepted.handshake
      holds(path.startsWith('/') && !path.includes('?'), `the path is ${JSON.stringify(path)}`)
      for (const record of [headers, params, query, cookies])
        for (const [name, value] of Object.entries(record))
          holds(typeof value === 'string', `${name} is ${JSON.stringify(value)}, which is not a text`)
      for (const name of Object.keys(headers)) same(name, name.toLowerCase(), 'the name of a header')
      holds(origin === null || typeof origin === 'string', 'the origin is neither a text nor null')
      holds(remoteAddress !== '', 'the remote address is empty')
    },
  },
  {
    name: 'a dial to an address without a server rejects with an error',
    needs: ['nowhere'],
    async run(fixture) {
      const { nowhere } = fixture.bench
      if (nowhere === undefined)
        throw new ConformanceError("the bench has no `nowhere`: say so in the harness's `lacks`")
      const error = await rejection(
        fixture,
        nowhere({ protocols: [subprotocol], signal: createAborter().signal }),
      )
      holds(error instanceof Error, `the dial rejected with ${String(error)}, which is not an Error`)
    },
  },
  {
    name: 'a dial with an aborted signal rejects, and makes no connection',
    async run(fixture) {
      const { signal, abort } = aborted()
      abort()
      const error = await rejection(fixture, fixture.bench.dial({ protocols: [subprotocol], signal }))
      same(error, 'not wanted', 'the error of the dial')
      await leavesNothing(fixture)
    },
  },
  {
    name: 'a dial that is aborted on its way rejects with the reason, and leaves no connection behind',
    async run(fixture) {
      const { signal, abort } = aborted()
      const dialled = fixture.bench.dial({ protocols: [subprotocol], signal })
      abort()
      same(await rejection(fixture, dialled), 'not wanted', 'the error of the dial')
      await leavesNothing(fixture)
    },
  },
  {
    name: 'a dial that is aborted at any moment rejects or gives a link that can be ended',
    async run(fixture) {
      for (let turns = 1; turns <= 20; turns++) {
        const { signal, abort } = aborted()
        const dialled = unlessRejected(fixture.bench.dial({ protocols: [subprotocol], signal }))
        for (let turn = 0; turn < turns; turn++) await fixture.nextTurn()
        abort()
        const connection = await fixture.poller.awaitOutcome('the dial has an outcome', dialled)
        connection?.abort(new Error('not wanted any more'))
      }
      await leavesNothing(fixture)
    },
  },
  {
    name: 'an abort of the signal after the link is open has no effect',
    async run(fixture) {
      const { signal, abort } = aborted()
      const dialled = fixture.bench.dial({ protocols: [subprotocol], signal })
      const connection = await fixture.poller.awaitOutcome('the dial has an outcome', dialled)
      const client = fixture.observePeer(new LocalPeer(connection).attach())
      abort()
      const { peer } = await fixture.poller.awaitOutcome('the server accepts', fixture.bench.accepted())
      const server = fixture.observePeer(peer)
      await client.peer.send(['["still here"]'])
      await fixture.untilReceived(server, [''])
      same(server.received, ['["still here"]'], 'the transmissions that arrive')
    },
  },
]

/** Cases of dials, which clients make. */
export const dialling: readonly TransportCase[] = cases.map((each) => ({ ...each, sides: ['client'] }))

function aborted(): { signal: DialOptions['signal']; abort(): void } {
  const aborter = createAborter()
  return { signal: aborter.signal, abort: () => aborter.abort('not wanted') }
}

const unlessRejected = (dialled: Promise<Connection>): Promise<Connection | null> => dialled.catch(() => null)

/** Resolves with the error of a dial that must reject. */
async function rejection(fixture: TransportFixture, dialled: Promise<Connection>): Promise<unknown> {
  const outcome = dialled.then(
    () => {
      throw new ConformanceError('the dial resolved')
    },
    (error: unknown) => ({ error }),
  )
  return (await fixture.poller.awaitOutcome('the dial has an outcome', outcome)).error
}

async function leavesNothing(fixture: TransportFixture): Promise<void> {
  await fixture.untilStable()
  await fixture.until('the server has no link left', async () => (await fixture.bench.open()) === 0)
}
