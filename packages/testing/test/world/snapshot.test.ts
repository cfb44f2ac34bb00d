import { type Position, restoreFrom, type SnapshotHook, type SnapshotRequest } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from '../support/clients.ts'

type State = readonly number[]

/** An application that stores data before it sends the message, and answers clients with its state. */
async function shop(w: World) {
  const [hub, other] = [w.hub(open), w.hub(open)]
  const runtime = w.runtime('application')
  const written: number[] = []
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void runtime.timer(ms, resolve))
  return {
    hub,
    other,
    written,
    sleep,
    /** Stores first, then sends: the state has all messages of the log. */
    tell(n: number): void {
      written.push(n)
      hub
        .to('#doc')
        .send('say', n)
        .catch(() => {})
    },
    /** The position first, then the state: a lower bound of it. */
    async state(at = hub): Promise<{ state: State; position: Position }> {
      const position = await at.to('#doc').position()
      await sleep(runtime.random() * 200)
      return { state: [...written], position }
    },
  }
}

type Shop = Awaited<ReturnType<typeof shop>>

/** A client that keeps the state of a room, and the messages behind it. */
async function reader(w: World, { hub }: Shop, snapshot: SnapshotHook<State>) {
  const client = await w.client(hub, 'reader')
  const room = client.join('#doc', { snapshot: restoreFrom(snapshot) })
  const told: string[] = []
  let known: Set<number> | null = null
  room.on('$gap', ({ reason }) => told.push(reason))
  room.on('$snapshot', ({ state }) => {
    told.push('snapshot')
    known = new Set(state)
  })
  room.on('say', (n) => known?.add(n as number))
  return { client, told, known: () => [...(known ?? [])].sort((a, b) => a - b) }
}

/** Loses the messages that the reader has missed, in several ways. */
async function loseSome(
  w: World,
  app: Shop,
  { client }: { client: Parameters<World['link']>[0] },
  next: () => number,
) {
  w.link(client).cut('20s')
  await w.advance('5s')
  for (let i = 0; i < 10; i++) app.tell(next())
  await w.advance('1s')
  if (w.random() < 0.5) w.backplane.trim('#doc', 2)
  else w.backplane.wipe('2s')
  await w.advance('40s')
}

/** Behaviours of a hook, by name. */
const behaviours: Record<string, (app: Shop) => SnapshotHook<State>> = {
  prompt: (app) => () => app.state(),
  slow: (app) => async () => {
    await app.sleep(15_000)
    return app.state()
  },
  'slow, with what it had read at first': (app) => async () => {
    const answer = await app.state()
    await app.sleep(15_000)
    return answer
  },
  throwing: (app) => {
    let calls = 0
    return () => {
      if (++calls % 3 !== 0) throw new Error('no database')
      return app.state()
    }
  },
  older: (app) => {
    let older: { state: State; position: Position } | null = null
    return async () => {
      const answer = older ?? (await app.state())
      older = await app.state()
      return answer
    }
  },
  'newer than its node has read': (app) => {
    let calls = 0
    return () => {
      const next = app.written.length + 1_000
      app.written.push(next)
      app.other
        .to('#doc')
        .send('say', next)
        .catch(() => {})
      return calls++ % 2 === 0 ? app.state(app.other) : app.state()
    }
  },
  foreign: (app) => {
    let calls = 0
    return async () => {
      const answer = await app.state()
      const other = await app.hub.to('#other').send('say', ++calls)
      return calls % 2 === 0 ? answer : { ...answer, position: other.position }
    }
  },
  'of another epoch': (app) => {
    let calls = 0
    return async () => {
      const { state, position } = await app.state()
      return { state, position: calls++ % 2 === 0 ? ['no-such-epoch', position[1], position[2]] : position }
    }
  },
  malformed: (app) => {
    let calls = 0
    return async () => {
      const answer = await app.state()
      return calls++ % 2 === 0 ? { ...answer, position: ['e', -1, 'x'] } : answer
    }
  },
}

test('S-31: the log itself can be the state: the newest messages, and those behind them', () =>
  world({ seed: 2 }, async (w) => {
    const hub = w.hub(open)
    for (let n = 1; n <= 30; n++) await hub.to('#doc').send('say', n)
    const bob = await w.client(hub, 'bob')
    const said: unknown[] = []
    const room = bob.join('#doc', {
      snapshot: restoreFrom(async ({ address }) => {
        const { epoch, messages } = await bob.history(address, { limit: 5 })
        const last = messages.at(-1)
        return {
          state: messages.map(({ data }) => data),
          position: last?.position ?? [epoch, 0, null],
        }
      }),
    })
    room.on('$snapshot', ({ state }) => said.push(state))
    room.on('say', (n) => said.push(n))
    const sending = hub.to('#doc').send('say', 31)
    await w.advance('5s')
    await sending
    await hub.to('#doc').send('say', 32)
    await w.advance('1s')
    expect(said[0]).toHaveLength(5)
    const all = said.flat()
    expect(all).toEqual(all.map((_, i) => 33 - all.length + i))
  }))

describe.each(Object.keys(behaviours))('S-31: with a snapshot hook that is %s', (name) => {
  test.each([1, 2, 3, 4, 5, 6])('a reader ends with all there is, whatever the log loses (seed %i)', (seed) =>
    world({ seed }, async (w) => {
      const app = await shop(w)
      w.backplane.hints({ lose: 0.3, double: 0.3 }, '300s')
      const asked: SnapshotRequest[] = []
      const hook = behaviours[name]?.(app)
      const bob = await reader(w, app, (request) => {
        asked.push(request)
        return hook?.(request) ?? null
      })
      let n = 0
      const next = (): number => ++n
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 10; i++) {
          app.tell(next())
          await w.advance('300ms')
        }
        await loseSome(w, app, bob, next)
      }
      for (let i = 0; i < 5; i++) app.tell(next())
      await w.advance('120s')
      expect(bob.known()).toEqual([...app.written].sort((a, b) => a - b))
      expect(bob.told.filter((what) => what !== 'snapshot').length).toBeGreaterThan(0)
      expect(asked[0]?.gap).toBeNull()
      expect(asked.at(-1)?.gap).not.toBeNull()
    }),
  )
})
