import { expect, test } from 'vitest'
import { message, type Position, positionOf } from '../support/frames.ts'
import type { Peer } from '../support/peer.ts'
import { stage } from '../support/shared.ts'
import { room } from '../support/stage.ts'

const last = 'the last'

/** Users who write at one time, each a number of messages in order; resolves when all are stored. */
async function crowd(to: string, users: number, each: number): Promise<void> {
  const peers = await Promise.all(Array.from({ length: users }, () => stage.welcomed()))
  await Promise.all(peers.map((peer) => write(peer, to, each)))
}

async function write(peer: Peer, to: string, count: number, data: unknown = 1): Promise<void> {
  for (let n = 0; n < count; n++) await peer.ok('send', to, `${peer.user}/${n}`, data)
}

const places = (peer: Peer, to: string): number[] => peer.all('msg', to).map((frame) => message(frame).at)

test('who comes while others write misses nothing and gets nothing twice (P-ST-4, P-HS-7)', async () => {
  const to = room()
  const sender = await stage.welcomed()
  const since = positionOf(await sender.ok('send', to, 'first', 1))
  const readers: Promise<Peer>[] = []
  const written = crowd(to, 4, 60)
  for (let n = 0; n < 20; n++) {
    readers.push(stage.welcomed({ hello: { streams: { [to]: since } } }))
    await sender.alive()
  }
  await written
  await sender.ok('send', to, last, 1)
  const expected = (await stage.history(to)).map(({ at }) => at).slice(1)
  for (const reader of await Promise.all(readers)) {
    await reader.until(last, () => reader.events(to).includes(last) || undefined)
    expect(places(reader, to)).toEqual(expected)
  }
})

test('who joins with a position again and again is sent a whole stream each time (P-ST-4, P-ST-10)', async () => {
  const to = room()
  const sender = await stage.welcomed()
  let since: Position = positionOf(await sender.ok('send', to, 'first', 1))
  const reader = await stage.welcomed({ hello: { streams: { [to]: since } } })
  const written = crowd(to, 3, 60)
  for (let n = 0; n < 25; n++) {
    const { code, result } = await reader.ask('join', to, n % 2 === 0 ? { since } : {})
    expect(code).toBe('ok')
    expect(['live', 'replay']).toContain(result.mode)
    if (n % 2 === 0) expect(positionOf(result)).toEqual(since)
    const newest = reader.all('msg', to).at(-1)
    if (newest !== undefined) {
      const { at, id } = message(newest)
      since = [since[0], at, id]
    }
  }
  await written
  await sender.ok('send', to, last, 1)
  await reader.until(last, () => reader.events(to).includes(last) || undefined)
  const expected = (await stage.history(to)).map(({ at }) => at).slice(1)
  expect([...new Set(places(reader, to))].sort((a, b) => a - b)).toEqual(expected)
})

test('who joins and leaves while others write gets nothing in between (P-ST-10, P-PB-9)', async () => {
  const to = room()
  const peer = await stage.welcomed()
  const written = crowd(to, 3, 60)
  const caster = await stage.welcomed()
  for (let n = 0; n < 40; n++) {
    caster.write(['cast', to, 'c', n])
    const [join, leave] = [peer.ref(), peer.ref()]
    if (n % 2 === 0) peer.write(['join', join, to], ['leave', leave, to])
    else {
      await peer.askAs(join, 'join', to)
      peer.write(['leave', leave, to])
    }
    expect((await peer.answer(leave)).code).toBe('ok')
  }
  await written
  await peer.alive()
  expect(peer.complaints).toEqual([])
})

test('who loses the connection again and again gets each message once, and stores each once (P-PB-2, P-ST-2)', async () => {
  const to = room()
  let peer = await stage.welcomed()
  let since: Position = positionOf(await peer.ok('send', to, 'first', 1))
  const got: number[] = []
  const all = Array.from({ length: 40 }, (_, n) => n + 2)
  for (let n = 0; n < all.length; n += 5) {
    peer = await stage.resume(peer, 1, { hello: { streams: { [to]: since } } })
    expect((await peer.welcomed()).resumed).toBe(true)
    // The five before, whether they were answered or not, and five new ones.
    for (const ref of all.slice(Math.max(0, n - 5), n + 5)) peer.write(['send', ref, to, `e${ref}`, ref])
    await peer.answer(all[n + 2] ?? 0)
    await peer.cut()
    const streamed = peer.all('msg', to).map(message)
    got.push(...streamed.map(({ at }) => at))
    const { at, id } = streamed.at(-1) ?? { at: since[1], id: since[2] }
    since = [since[0], at, id]
  }
  const messages = (await stage.history(to)).slice(1)
  expect(messages.map(({ event }) => event)).toEqual(all.slice(0, messages.length).map((ref) => `e${ref}`))
  expect(messages.length).toBeGreaterThanOrEqual(all.length - 2)
  expect(got).toEqual(messages.slice(0, got.length).map(({ at }) => at))
})

test('what is more than a connection holds is replayed whole (P-ST-5, P-LV-4)', async () => {
  const to = room()
  const sender = await stage.welcomed()
  const first = await sender.ok('send', to, 'first', 1)
  await write(sender, to, 80, 'x'.repeat(60_000))
  const reader = await stage.welcomed()
  reader.socket.pause()
  reader.write(['join', reader.ref(), to, { since: positionOf(first) }])
  await write(await stage.welcomed(), to, 5)
  reader.socket.resume()
  const got = await reader.messages(to, 85)
  expect(got.map(({ at }) => at)).toEqual((await stage.history(to)).map(({ at }) => at).slice(1))
  await reader.alive()
  expect(reader.first('gap')).toBeUndefined()
})

test('what is more than a replay may hold is a gap, never a part (P-ST-5)', async () => {
  const to = room()
  const senders = await Promise.all([1, 2, 3, 4].map(() => stage.welcomed()))
  const { epoch } = await (senders[0] as Peer).ok('send', to, 'first', 1)
  await Promise.all(senders.map((sender) => write(sender, to, 72, 'x'.repeat(62_000))))
  const reader = await stage.welcomed()
  const { base } = await reader.ok('read', to, { limit: 1 })
  const place = await reader.ok('join', to, { since: [epoch, 0, null] })
  expect(place).toMatchObject({ mode: 'gap', reason: base > 0 ? 'trimmed' : 'limit', at: place.top })
  await reader.alive()
  expect(reader.all('msg', to)).toEqual([])
})
