import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { paths, type Stage, stage } from '../../support/stage.ts'

interface Arrival {
  readonly token: string
  readonly remoteAddress?: string
  readonly streams?: Readonly<Record<string, unknown>>
}

const rooms = (count: number): Record<string, null> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`#${i}`, null]))

/** Connects clients in one turn, each with a session to resume or none. */
async function connect(s: Stage, arrivals: readonly Arrival[], older: readonly RawClient[] = []) {
  const clients: RawClient[] = []
  for (const { remoteAddress = '192.0.2.1' } of arrivals) clients.push(await s.open({ remoteAddress }))
  const hellos = clients.map((client, i) => {
    const { token, streams = {} } = arrivals[i] as Arrival
    const session = older[i]?.welcome.session
    return client.hello(token, {
      streams,
      ...(session === undefined ? {} : { session: { ...session, n: 1 } }),
    })
  })
  await Promise.all(hellos)
  return clients
}

/** Cuts all connections, as the restart of a proxy does, and lets all clients come back at the same moment. */
async function restartProxy(s: Stage, arrivals: readonly Arrival[], clients: readonly RawClient[]) {
  for (const client of clients) client.connection.abort(new Error('the proxy restarts'))
  await s.settle()
  const started = s.time.now
  const again = await connect(s, arrivals, clients)
  return {
    resumed: again.map(({ welcome }) => welcome.resumed),
    joined: again.map(
      ({ welcome }) => Object.values(welcome.streams).filter(({ mode }) => mode !== 'refused').length,
    ),
    took: s.time.now - started,
  }
}

const guest = ({ token }: { token: string | null }): User => ({ id: token ?? 'guest', anonymous: true })

describe.each(paths)('honest traffic meets no limit, with a backplane that is %s', (path) => {
  test('P-LV-3, P-LV-7: sixty screens of one account with twenty rooms each come back at once', async () => {
    const s = stage({ path })
    const arrivals = Array.from({ length: 60 }, () => ({ token: 'wall', streams: rooms(20) }))
    const back = await restartProxy(s, arrivals, await connect(s, arrivals))
    expect(back.resumed).toEqual(Array(60).fill(true))
    expect(back.joined).toEqual(Array(60).fill(22))
    expect(back.took).toBeLessThan(1_000)
  })

  test('P-LV-3, P-LV-7: a hundred tabs of visitors behind one proxy come back at once', async () => {
    const s = stage({ path, authenticate: guest })
    const arrivals = Array.from({ length: 100 }, (_, i) => ({ token: `visitor ${i}`, streams: rooms(3) }))
    const back = await restartProxy(s, arrivals, await connect(s, arrivals))
    expect(back.resumed).toEqual(Array(100).fill(true))
    expect(back.joined).toEqual(Array(100).fill(5))
    expect(back.took).toBeLessThan(1_000)
  })

  test('P-LV-7: visitors behind one proxy with many rooms miss nothing, and wait for each other’s rooms no time', async () => {
    const s = stage({ path, authenticate: guest, limits: { catchUpRate: 10, catchUpBurst: 500 } })
    const arrivals = Array.from({ length: 40 }, (_, i) => ({ token: `visitor ${i}`, streams: rooms(20) }))
    const pages: RawClient[] = []
    for (const arrival of arrivals) {
      pages.push(...(await connect(s, [arrival])))
      await s.advance(3_000)
    }
    for (const page of pages) page.connection.abort(new Error('the proxy restarts'))
    await s.settle()
    await s.publish('#0', 'missed')
    const streams = (page: RawClient) =>
      Object.fromEntries(
        Object.entries(page.welcome.streams).map(([address, { epoch, at, id }]) => [
          address,
          [epoch, at, id],
        ]),
      )
    const again = await connect(
      s,
      pages.map((page, i) => ({ token: `visitor ${i}`, streams: streams(page) })),
      pages,
    )
    await s.advance(1_000)
    expect(again.map(({ welcome }) => welcome.resumed)).toEqual(Array(40).fill(true))
    expect(again.map((page) => page.messages('#0').map(([, data]) => data))).toEqual(
      Array(40).fill(['missed']),
    )
  })

  test('P-LV-7: a client comes back at once although its user owes units for new pages', async () => {
    const s = stage({ path, limits: { catchUpRate: 1, catchUpBurst: 100 } })
    const arrivals = [{ token: 'alice', streams: rooms(60) }]
    const first = await connect(s, arrivals)
    await connect(s, arrivals)
    const back = await restartProxy(s, arrivals, first)
    expect(back.resumed).toEqual([true])
    expect(back.took).toBeLessThan(1_000)
  })

  test('P-LV-3, P-LV-7: more visitors behind one proxy than there are units come back at once', async () => {
    const s = stage({ path, authenticate: guest, limits: { catchUpRate: 1, catchUpBurst: 300 } })
    const arrivals = Array.from({ length: 300 }, (_, i) => ({ token: `visitor ${i}` }))
    const back = await restartProxy(s, arrivals, await connect(s, arrivals))
    expect(back.resumed).toEqual(Array(300).fill(true))
    expect(back.took).toBeLessThan(1_000)
  })

  test('P-LV-6, P-LV-7: a reload with ninety rooms may read a page of each room at once', async () => {
    const s = stage({ path })
    const [page] = await connect(s, [{ token: 'alice', streams: rooms(90) }])
    const refused: string[] = []
    for (let i = 0; i < 90; i++) {
      const answer = await (page as RawClient).request('read', `#${i}`)
      if (!answer.ok) refused.push(answer.code)
    }
    expect(refused).toEqual([])
  })

  test('P-LV-7: sixty screens of one account renew their credentials in the same second', async () => {
    const s = stage({ path })
    const arrivals = Array.from({ length: 60 }, () => ({ token: 'wall', streams: rooms(40) }))
    const screens = await connect(s, arrivals)
    await s.advance(10_000)
    const answers = await Promise.all(screens.map((screen) => screen.request('auth', 'wall')))
    expect(answers.map(({ ok }) => ok)).toEqual(Array(60).fill(true))
  })

  test('P-HS-4: sessions that the hub has forgotten get fresh ones at once', async () => {
    const s = stage({ path })
    const arrivals = Array.from({ length: 60 }, () => ({ token: 'wall', streams: rooms(20) }))
    const screens = await connect(s, arrivals)
    s.store.wipe()
    const again = await restartProxy(s, arrivals, screens)
    expect(again.joined).toEqual(Array(60).fill(22))
    expect(again.took).toBeLessThan(1_000)
  })
})
