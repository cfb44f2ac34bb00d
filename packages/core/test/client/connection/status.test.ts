import type { Client, ClientStatus } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play, type Said, type Stage } from '../../support/fake-hub.ts'

interface Actor {
  readonly stage: Stage
  readonly client: Client & { readonly said: Said }
  wake(): void
}

/** A client that can be woken, with a hub that answers no hello unless told to. */
function actor(stage: Stage): Actor {
  let wake = (): void => {}
  const client = stage.client({
    environment: (told) => {
      wake = () => told.wake()
      return () => {}
    },
  })
  return { stage, client, wake: () => wake() }
}

const answer = (stage: Stage): void => {
  const connection = stage.hub.at()
  connection.write(stage.hub.welcomeFor(connection.frames[0] ?? ['hello', { streams: {} }]))
}

/** How each state is reached. */
const states = {
  connecting: async (stage: Stage) => {
    const made = actor(stage)
    await stage.settle()
    return made
  },
  connected: async (stage: Stage) => {
    const made = await states.connecting(stage)
    answer(stage)
    await stage.settle()
    return made
  },
  'connected, and told to leave': async (stage: Stage) => {
    const made = await states.connected(stage)
    stage.hub.at().write(['bye', 4001, 'moving'])
    await stage.settle()
    return made
  },
  'waiting to reconnect': async (stage: Stage) => {
    const made = await states.connected(stage)
    stage.reachable = false
    stage.hub.at().cut()
    await stage.advance(0)
    return made
  },
  reconnecting: async (stage: Stage) => {
    const made = await states.connected(stage)
    stage.hub.at().cut()
    await stage.advance(1_500)
    expect(stage.hub.connections).toHaveLength(2)
    return made
  },
  closed: async (stage: Stage) => {
    const made = await states.connected(stage)
    made.client.close()
    await stage.settle()
    return made
  },
}

/** What can happen. */
const happenings = {
  welcome: ({ stage }: Actor) => answer(stage),
  'a frame': ({ stage }: Actor) => stage.hub.at().write(['pong']),
  garbage: ({ stage }: Actor) => stage.hub.at().write('garbage'),
  'a close to come back from': ({ stage }: Actor) => stage.hub.at().close(4001),
  'a final close': ({ stage }: Actor) => stage.hub.at().close(4513),
  'a cut': ({ stage }: Actor) => stage.hub.at().cut(),
  'a wake': ({ wake }: Actor) => wake(),
  'ten seconds': ({ stage }: Actor) => stage.advance(10_000),
  'close()': ({ client }: Actor) => client.close(),
}

type State = keyof typeof states
type Happening = keyof typeof happenings

/** Where each leads from each state. */
const table: Record<State, Record<Happening, ClientStatus>> = {
  connecting: {
    welcome: 'connected',
    'a frame': 'reconnecting',
    garbage: 'reconnecting',
    'a close to come back from': 'reconnecting',
    'a final close': 'closed',
    'a cut': 'reconnecting',
    'a wake': 'connecting',
    'ten seconds': 'reconnecting',
    'close()': 'closed',
  },
  connected: {
    welcome: 'reconnecting',
    'a frame': 'connected',
    garbage: 'reconnecting',
    'a close to come back from': 'reconnecting',
    'a final close': 'closed',
    'a cut': 'reconnecting',
    'a wake': 'connected',
    'ten seconds': 'connected',
    'close()': 'closed',
  },
  'connected, and told to leave': {
    welcome: 'reconnecting',
    'a frame': 'connected',
    garbage: 'reconnecting',
    'a close to come back from': 'reconnecting',
    'a final close': 'closed',
    'a cut': 'reconnecting',
    'a wake': 'reconnecting',
    'ten seconds': 'connected',
    'close()': 'closed',
  },
  'waiting to reconnect': {
    welcome: 'reconnecting',
    'a frame': 'reconnecting',
    garbage: 'reconnecting',
    'a close to come back from': 'reconnecting',
    'a final close': 'reconnecting',
    'a cut': 'reconnecting',
    'a wake': 'reconnecting',
    'ten seconds': 'reconnecting',
    'close()': 'closed',
  },
  reconnecting: {
    welcome: 'connected',
    'a frame': 'reconnecting',
    garbage: 'reconnecting',
    'a close to come back from': 'reconnecting',
    'a final close': 'closed',
    'a cut': 'reconnecting',
    'a wake': 'reconnecting',
    'ten seconds': 'reconnecting',
    'close()': 'closed',
  },
  closed: {
    welcome: 'closed',
    'a frame': 'closed',
    garbage: 'closed',
    'a close to come back from': 'closed',
    'a final close': 'closed',
    'a cut': 'closed',
    'a wake': 'closed',
    'ten seconds': 'closed',
    'close()': 'closed',
  },
}

const follows: Record<Exclude<ClientStatus, 'offline'>, readonly string[]> = {
  connecting: ['connected', 'reconnecting', 'closed'],
  connected: ['reconnecting', 'closed'],
  reconnecting: ['connected', 'closed'],
  closed: [],
}

function checkLegal(statuses: readonly string[]): void {
  let before: keyof typeof follows = 'connecting'
  for (const status of statuses as (keyof typeof follows)[]) {
    expect(follows[before]).toContain(status)
    before = status
  }
}

describe('the state machine: every event in every state (U-12)', () => {
  for (const state of Object.keys(states) as State[])
    test.each(Object.keys(happenings) as Happening[])(`${state}: %s`, (happening) =>
      play(async (stage) => {
        stage.hub.script['hello'] = () => {}
        const made = await states[state](stage)
        await happenings[happening](made)
        await stage.settle()
        await stage.advance(0)
        expect(made.client.status).toBe(table[state][happening])
        const statuses = made.client.said.status.map(({ status }) => status)
        checkLegal(statuses)
        // Before any change there is nothing to say.
        if (statuses.length > 0) expect(statuses.at(-1)).toBe(made.client.status)
      }),
    )

  test('a connection that fails again and again is a single status, and an error for each further attempt', () =>
    play(async (stage) => {
      stage.reachable = false
      const client = stage.client()
      await stage.advance(20_000)
      expect(client.said.status).toMatchObject([{ status: 'reconnecting', error: { code: 'unavailable' } }])
      expect(client.said.errors.length).toBeGreaterThan(1)
      expect(new Set(client.said.errors.map(({ subject }) => subject))).toEqual(new Set(['connect']))
    }))
})

/** What an app and its hub may do at any moment. */
const moves = {
  wake: ({ wake }: Actor) => wake(),
  close: ({ client }: Actor) => client.close(),
  cut: ({ stage }: Actor) => stage.hub.connections.at(-1)?.cut(),
  bye: ({ stage }: Actor) => stage.hub.connections.at(-1)?.write(['bye', 4001, '', { retryAfter: 1 }]),
  join: ({ client }: Actor) => void (client.status === 'closed' || client.join('#a').leave()),
}

const names = Object.keys(moves) as (keyof typeof moves)[]
const triples = names.flatMap((a) => names.flatMap((b) => names.map((c) => [a, b, c] as const)))

async function settled({ stage, client }: Actor, closed: boolean): Promise<void> {
  await stage.advance(40_000)
  checkLegal(client.said.status.map(({ status }) => status))
  expect(client.status).toBe(closed ? 'closed' : 'connected')
  const open = stage.hub.connections.filter(({ closedWith }) => closedWith === null)
  expect(open).toHaveLength(closed ? 0 : 1)
  if (closed) expect(stage.time.pending).toBe(0)
}

describe('after every sequence of calls the last call decides, and no timer is left (U-13)', () => {
  test.each(triples)('%s, %s, %s: at once, and in sequence', (...steps) =>
    play(async (stage) => {
      for (const between of [0, 1, 25, 1_500]) {
        const made = actor(stage)
        for (const step of steps) {
          moves[step](made)
          if (between > 0) await stage.advance(between)
        }
        await settled(made, steps.includes('close'))
        made.client.close()
        await stage.advance(10)
      }
    }),
  )

  test.each(triples)('%s, %s, %s: inside the listeners of $status', (...steps) =>
    play(async (stage) => {
      const made = actor(stage)
      const left = [...steps]
      made.client.on('$status', () => {
        const step = left.shift()
        if (step !== undefined) moves[step](made)
      })
      await stage.advance(10)
      stage.hub.connections.at(-1)?.cut()
      await stage.advance(5_000)
      stage.hub.connections.at(-1)?.cut()
      await settled(made, steps.slice(0, 3 - left.length).includes('close'))
    }),
  )

  test('close() in the turn in which the client was made', () =>
    play(async (stage) => {
      stage.client().close()
      await stage.settle()
      expect(stage.hub.connections.filter(({ closedWith }) => closedWith === null)).toEqual([])
      expect(stage.time.pending).toBe(0)
    }))

  test.each(['token', 'dial'] as const)('close() inside the %s', (where) =>
    play(async (stage) => {
      const close = (): void => queueMicrotask(() => client.close())
      const client = stage.client({
        token: async () => {
          if (where === 'token') close()
          return 'alice'
        },
        dial: (options) => {
          if (where === 'dial') close()
          return stage.dial(options)
        },
      })
      await stage.advance(100)
      expect(client.said.status).toEqual([{ status: 'closed', error: undefined }])
      expect(stage.time.pending).toBe(0)
    }),
  )

  test('close() inside a listener for a message stops the rest of the transmission', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const seen: unknown[] = []
      client.on('say', (data) => {
        seen.push(data)
        client.close()
      })
      stage.hub
        .at()
        .write(['msg', '*', 1, 'say', 1, null, 'a', 1], ['msg', '*', 2, 'say', 2, null, 'b', 2], 'garbage')
      await stage.settle()
      expect(seen).toEqual([1])
      expect(client.said.errors).toEqual([])
    }))

  test('close() inside a gap that the welcome brings leaves no timer', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('$gap', () => client.close())
      stage.hub.streams.set('*', { epoch: 'e2', at: 0, id: null, top: 0, mode: 'gap', reason: 'epoch' })
      stage.hub.welcome = { expires: 60_000 }
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(client.status).toBe('closed')
      await stage.advance(6_000)
      expect(stage.time.pending).toBe(0)
    }))

  test('close() closes the connection after the frames that were written before', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.to('#a').cast('bye', 1)
      client.close()
      await stage.settle()
      expect(stage.hub.at().of('cast')).toHaveLength(1)
      expect(stage.hub.at().closedWith).toMatchObject({ code: 1000 })
    }))

  test.each(['close()', 'a final close'] as const)(
    '%s: the rooms hear of the end, then the client, and all know it is closed',
    (how) =>
      play(async (stage) => {
        const made = actor(stage)
        await stage.settle()
        const order: string[] = []
        made.client
          .join('#a')
          .on('$leave', ({ error }) => order.push(`room ${error.code} ${made.client.status}`))
        made.client.on('$status', ({ status }) => order.push(status))
        await stage.settle()
        happenings[how](made)
        await stage.settle()
        expect(order).toEqual([how === 'close()' ? 'room closed closed' : 'room forbidden closed', 'closed'])
      }),
  )

  test('close() while a bye is followed closes both connections', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.script['hello'] = () => {}
      stage.hub.at().write(['bye', 4001, '', { retryAfter: 10 }])
      await stage.advance(100)
      expect(stage.hub.connections).toHaveLength(2)
      client.close()
      await stage.settle()
      expect(stage.hub.connections.map(({ closedWith }) => closedWith?.code)).toEqual([1000, 1000])
    }))
})
