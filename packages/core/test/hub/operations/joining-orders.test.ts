import { Hub } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { everyOrder, type Turns } from '../../support/orders.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { altered } from '../../support/stage.ts'

/**
 * A store that is reached in one turn and answers in another, and whose hints take a turn of their own.
 * Appends reach it, and are answered, in the order of the calls.
 */
function distant(store: MemoryStore, turns: Turns): Backplane {
  const far = async <T>(operation: () => T): Promise<T> => {
    const answer = await turns.take(operation)
    return turns.take(() => answer)
  }
  let arrived: Promise<unknown> = Promise.resolve()
  let answered: Promise<unknown> = Promise.resolve()
  const inOrder = async <T>(operation: () => T): Promise<T> => {
    const arrival = arrived.then(() => turns.take(operation))
    arrived = arrival
    const answer = Promise.all([arrival, answered]).then(([result]) => turns.take(() => result))
    answered = answer
    return answer
  }
  return altered(new MemoryBackplane(store), {
    // `*` and the inboxes are there at once.
    read: (stream, range) =>
      stream === '#a' ? far(() => store.read(stream, range)) : store.read(stream, range),
    append: (stream, message, key) => inOrder(() => store.append(stream, message, key)),
    tail: (stream, listener) => store.tail(stream, (hint) => void turns.take(() => listener(hint))),
  })
}

/** A hub whose policy and log take turns, and its clients. */
class Scene {
  readonly time = new VirtualTime()
  readonly store = new MemoryStore(this.time.runtime('store'))
  readonly hub: Hub
  readonly #turns: Turns

  constructor(turns: Turns) {
    this.#turns = turns
    this.hub = new Hub({
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: () => turns.take(() => true),
      backplane: distant(this.store, turns),
      runtime: this.time.runtime('hub'),
    })
  }

  async connect(user: string, ...lines: readonly (readonly unknown[])[]): Promise<ScriptedConnection> {
    const connection = new ScriptedConnection()
    this.hub.accept(connection, nobody)
    for (const line of [['hello', { v: [1, 1], token: user }], ...lines]) {
      connection.deliver(JSON.stringify(line))
      await this.time.settle()
    }
    connection.sent.length = 0
    return connection
  }

  /** Stores messages before the first turn. */
  async stored(count: number): Promise<readonly unknown[]> {
    const sent = await Promise.all(
      Array.from({ length: count }, (_, i) => this.hub.to('#a').send('say', `old ${i}`)),
    )
    return sent.map(({ position }) => position)
  }

  rest(): Promise<void> {
    return this.#turns.rest(() => this.time.settle())
  }

  /** Returns the messages of the log after an offset, as a reader gets them. */
  after(offset: number): unknown[][] {
    const { entries } = this.store.read('#a', { after: offset, limit: 100 })
    return entries.map(({ at, data }) => ['msg', at, JSON.parse(data) as unknown])
  }
}

/** The frames of a reader: the answer to its join, and the others. */
function told(reader: ScriptedConnection) {
  const [answer, ...rest] = reader.frames
  const { at, mode } = (answer ?? [])[2] as { at: number; mode: string }
  return {
    answered: answer?.slice(0, 2),
    at,
    mode,
    news: rest.map((frame) => [frame[0], frame[2], frame[4]]),
  }
}

describe('a message that is published during a join', () => {
  test.each([
    ['the first reader of its room', [], 1, 30],
    ['the first reader of its room, of two messages', [], 2, 500],
    ['one more reader of its room', [['join', 1, '#a']], 1, 8],
    ['one more reader of its room, of two messages', [['join', 1, '#a']], 2, 50],
  ])(
    'S-04: %s gets it exactly once and in order, in every order of events',
    async (_, others, messages, least) => {
      const offsets = new Set<number>()
      const orders = await everyOrder(async (turns) => {
        const scene = new Scene(turns)
        await scene.connect('other', ...others)
        const reader = await scene.connect('reader')
        turns.begin()
        reader.deliver('["join",1,"#a"]')
        for (let i = 0; i < messages; i++) void scene.hub.to('#a').send('say', i)
        await scene.rest()
        const { answered, at, news } = told(reader)
        expect(answered).toEqual(['ok', 1])
        expect(news).toEqual(scene.after(at))
        offsets.add(at)
      })
      // Each message came before the reader in some order, and after it in another.
      expect([...offsets].sort()).toEqual([0, 1, 2].slice(0, messages + 1))
      expect(orders).toBeGreaterThanOrEqual(least)
    },
  )

  test.each([
    ['the first reader of its room', []],
    ['one more reader of its room', [['join', 1, '#a']]],
  ])(
    'S-04: %s that comes back to its position gets missed and new messages exactly once',
    async (_, others) => {
      const orders = await everyOrder(async (turns) => {
        const scene = new Scene(turns)
        await scene.connect('other', ...others)
        const [since] = await scene.stored(3)
        const reader = await scene.connect('reader')
        turns.begin()
        reader.deliver(JSON.stringify(['join', 1, '#a', { since }]))
        void scene.hub.to('#a').send('say', 'new')
        await scene.rest()
        const { at, mode, news } = told(reader)
        expect([at, mode]).toEqual([1, 'replay'])
        expect(news).toEqual([
          ['msg', 2, 'old 1'],
          ['msg', 3, 'old 2'],
          ['msg', 4, 'new'],
        ])
      })
      expect(orders).toBeGreaterThan(20)
    },
  )
})

describe('a connection that is lost while its join is under way', () => {
  /** Joins, and is cut off after a number of turns. */
  async function cutAfter(turns: Turns, count: number) {
    const scene = new Scene(turns)
    const reader = await scene.connect('reader')
    const heard: string[] = []
    scene.hub.on('$join', ({ address }) => heard.push(`join ${address}`))
    scene.hub.on('$leave', ({ address }) => heard.push(`leave ${address}`))
    turns.begin()
    reader.deliver('["join",1,"#a"]')
    let left = count
    const answered = (): boolean => reader.frames.length > 0
    await turns.rest(async () => {
      await scene.time.settle()
      if (left-- === 0) reader.lose()
    })
    return { scene, heard, answered: answered() }
  }

  test('S-03: leaves one join or none, whenever it is lost, and nothing else behind', async () => {
    for (let count = 0; ; count++) {
      let done = false
      await everyOrder(async (turns) => {
        const { scene, heard, answered } = await cutAfter(turns, count)
        expect(heard).toEqual(answered ? ['join #a', 'leave #a'] : [])
        expect([scene.hub.rooms.size, scene.hub.sessions]).toEqual([0, []])
        expect(scene.store.usage.tails).toBe(0)
        done = answered
      })
      if (done) return expect(count).toBeGreaterThan(2)
    }
  })

  test('S-03: leaves one join or none, at every microtask', async () => {
    let joined = 0
    let none = 0
    for (let ticks = 0; ticks < 60; ticks++) {
      await everyOrder(async (turns) => {
        const scene = new Scene(turns)
        const reader = await scene.connect('reader')
        const heard: string[] = []
        scene.hub.on('$join', () => heard.push('join'))
        scene.hub.on('$leave', () => heard.push('leave'))
        reader.deliver('["join",1,"#a"]')
        for (let i = 0; i < ticks; i++) await null
        reader.lose()
        await scene.time.settle()
        expect(heard).toEqual(heard.length > 0 ? ['join', 'leave'] : [])
        if (heard.length > 0) joined++
        else none++
        expect([scene.hub.rooms.size, scene.hub.sessions, scene.store.usage.tails]).toEqual([0, [], 0])
      })
    }
    // The join takes several microtasks, and fewer than the test tries.
    expect(none).toBeGreaterThan(5)
    expect(joined).toBeGreaterThan(5)
  })

  test('S-03: a client that comes back after it is joined once', async () => {
    const orders = await everyOrder(async (turns) => {
      const scene = new Scene(turns)
      const reader = await scene.connect('reader')
      turns.begin()
      reader.deliver('["join",1,"#a"]')
      const back = new ScriptedConnection()
      void turns.take(() => {
        reader.lose()
        scene.hub.accept(back, nobody)
        back.deliver(JSON.stringify(['hello', { v: [1, 1], token: 'reader', streams: { '#a': null } }]))
      })
      await scene.rest()
      expect(scene.hub.rooms).toEqual(new Map([['#a', 1]]))
      expect(scene.store.usage.tails).toBe(3)
    })
    expect(orders).toBeGreaterThan(10)
  })
})
