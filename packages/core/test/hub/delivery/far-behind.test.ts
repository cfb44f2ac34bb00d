import { MemoryBackplane } from '@chat/core/memory'
import { expect, test } from 'vitest'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { paths, stage } from '../../support/stage.ts'

/** Puts a number of messages into the log of a room, and returns the position of the first. */
function fill(s: ReturnType<typeof stage>, count: number) {
  const backplane = new MemoryBackplane(s.store)
  let epoch = ''
  for (let ref = 1; ref <= count; ref++) {
    const message = { event: 'say', data: String(ref), meta: null, from: null, id: `filler.${ref}` }
    const key = { user: '', session: 'filler', ref, hash: String(ref), window: 64, by: 'node' }
    const stored = backplane.append('#a', message, key)
    if (!(stored instanceof Promise) && stored.outcome === 'stored') epoch = stored.epoch
  }
  return [epoch, 1, 'filler.1']
}

test.each(paths)(
  'S-19: a client that asks for 100 000 messages gets a gap for the reason limit, and none of them, with a backplane that is %s',
  async (path) => {
    const s = stage({ path, log: { retention: { count: 200_000, bytes: 64 * 1024 * 1024 } } })
    const since = fill(s, 100_000)
    const reader = new ScriptedConnection()
    // The connection takes nothing, so the bytes that wait for it are those that the hub holds.
    reader.highWaterMark = 16 * 1024
    s.hub.accept(reader, nobody)
    reader.deliver(JSON.stringify(['hello', { v: [1, 1], token: 'reader', streams: { '#a': since } }]))
    await s.settle()
    const [, welcome] = reader.frames[0] as [string, { streams: Record<string, object> }]
    expect(welcome.streams['#a']).toMatchObject({ mode: 'gap', reason: 'limit', at: 100_000, top: 100_000 })
    expect(reader.frames.slice(1)).toEqual([])
    expect(reader.bufferedAmount).toBeLessThan(2_000)
  },
)

test.each(paths)(
  'S-19: a hub that allows such a replay keeps its queue bounded, with a backplane that is %s',
  async (path) => {
    const s = stage({
      path,
      limits: { replay: 1_000_000, queue: 64 * 1024 },
      log: { retention: { count: 200_000, bytes: 64 * 1024 * 1024 } },
    })
    const since = fill(s, 20_000)
    const reader = new ScriptedConnection()
    reader.highWaterMark = 16 * 1024
    s.hub.accept(reader, nobody)
    reader.deliver(JSON.stringify(['hello', { v: [1, 1], token: 'reader', streams: { '#a': since } }]))
    let most = 0
    for (let last = -1; last !== reader.sent.length; ) {
      last = reader.sent.length
      await s.settle()
      most = Math.max(most, reader.bufferedAmount)
      reader.take()
      await s.settle()
    }
    const offsets = reader.frames.filter(([type]) => type === 'msg').map((frame) => frame[2])
    expect(offsets).toEqual(Array.from({ length: 19_999 }, (_, i) => i + 2))
    expect(most).toBeLessThan(128 * 1024)
  },
)
