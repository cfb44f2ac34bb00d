import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { expect, test } from 'vitest'
import { HubContext } from '../../../src/hub/context.ts'
import type { StreamEnd } from '../../../src/hub/streams/stream-ends.ts'
import { StreamEnds } from '../../../src/hub/streams/stream-ends.ts'
import type { StreamHead } from '../../../src/hub/streams/stream-head.ts'
import { StreamLogs } from '../../../src/hub/streams/stream-logs.ts'
import { StreamResults } from '../../../src/hub/streams/stream-results.ts'
import { StreamWriting } from '../../../src/hub/streams/stream-writing.ts'
import { everyOrder, type Turns } from '../../support/orders.ts'
import { altered } from '../../support/stage.ts'

const head: StreamHead = {
  ...{ id: 'abcdefgh.1', parent: '#a', address: '^abcdefgh.1/#a', event: 'answer', kind: 'text' },
  ...{ data: '""', from: null, meta: { stream: true } },
}
const first = { event: 'answer', data: '""', meta: '{"stream":true}', from: null, id: head.id }

/** A fault of a node: it dies before an operation, or the answer to an operation is lost. */
type Trouble = { readonly kind: 'dies' | 'loses'; readonly at: number } | null

interface Scene {
  readonly store: MemoryStore
  readonly time: VirtualTime
  readonly turns: Turns
}

/** A node whose operations take turns. */
class Node {
  readonly context: HubContext
  readonly logs: StreamLogs
  readonly ends: StreamEnds
  #operations = 0

  constructor(name: string, { store, time, turns }: Scene, trouble: Trouble) {
    const run = async <T>(operation: () => T): Promise<T> => {
      const n = this.#operations++
      if (trouble?.kind === 'dies' && n >= trouble.at) return new Promise(() => {})
      const answer = await turns.take(operation)
      if (trouble?.kind === 'loses' && n === trouble.at) throw new Error('the answer is lost')
      return answer
    }
    this.context = new HubContext({
      backplane: altered(new MemoryBackplane(store), {
        append: (...args) => run(() => store.append(...args)),
        read: (...args) => run(() => store.read(...args)),
      }),
      runtime: time.runtime(name, { work: true }),
      logErrors: false,
    })
    this.logs = new StreamLogs(this.context)
    this.ends = new StreamEnds(this.context, this.logs, new StreamResults(this.context, this.logs, () => {}))
  }
}

/** Lets a writer write a part and end its stream, while another node ends it, in every order of their operations. */
function everyEnding(ofWriter: Trouble, ofOther: Trouble): Promise<number> {
  return everyOrder(async (turns) => {
    const time = new VirtualTime()
    const store = new MemoryStore(time.runtime('store'))
    const scene = { store, time, turns }
    const [writer, other] = [new Node('writer', scene, ofWriter), new Node('other', scene, ofOther)]
    const key = { user: '', session: 'abcdefgh', ref: 1, hash: 'h', window: 4, by: 'abcdefgh' }
    const { epoch, at, id } = store.append(head.address, first, key, null) as {
      epoch: string
      at: number
      id: string
    }
    const position = [epoch, at, id] as const
    const writing = new StreamWriting(writer, { head, position, bytes: 10_000, onEnd: () => {} })
    turns.begin()
    let stored = false
    let end: StreamEnd | null = null
    let others: string | null = null
    void writing.write('a').then(
      () => {
        stored = true
      },
      () => {},
    )
    void writing.finish({ state: 'done' }).then((outcome) => {
      end = outcome
    })
    void other.ends.end(head.address, { state: 'cancelled' }).then((outcome) => {
      others = outcome?.state ?? 'gone'
    })
    await turns.rest(() => time.settle())

    const log = store.read(head.address, { after: 0, limit: 100 }).entries
    const results = store.read('#a', { after: 0, limit: 100 }).entries
    const ended = log.filter(({ event }) => event === '$end')
    // A node that dies may leave all to the other.
    expect(ended.map(({ at: place }) => place)).toEqual([log.length])
    const { state } = JSON.parse(ended[0]?.data ?? '') as { state: string }
    const whole = log.some(({ data }) => data === '"a"') ? 'a' : ''
    expect(results.map(({ data, meta }) => [JSON.parse(data), JSON.parse(meta ?? '')])).toEqual([
      [whole, { of: head.id, end: state }],
    ])
    if (stored) expect(whole).toBe('a')
    if (ofWriter?.kind !== 'dies') expect(end).toMatchObject({ state })
    if (ofOther?.kind !== 'dies') expect(others).toBe(state)
  })
}

test('two enders of a stream agree on one end and one result, in every order (P-SM-6, P-SM-7)', async () => {
  expect(await everyEnding(null, null)).toBeGreaterThan(20)
})

test.each([0, 1, 2, 3, 4])(
  'the writer dies before its operation %i: the other node ends the stream, in every order (P-SM-7, P-SM-8)',
  async (at) => {
    expect(await everyEnding({ kind: 'dies', at }, null)).toBeGreaterThan(0)
  },
)

test.each([0, 1, 2, 3])(
  'the other node dies before its operation %i: the writer ends the stream, in every order (P-SM-6, P-SM-7)',
  async (at) => {
    expect(await everyEnding(null, { kind: 'dies', at })).toBeGreaterThan(0)
  },
)

test.each([0, 1, 2, 3, 4])(
  'the answer to operation %i of the writer is lost: one end and one result, in every order (P-SM-3, P-SM-7)',
  async (at) => {
    expect(await everyEnding({ kind: 'loses', at }, null)).toBeGreaterThan(20)
  },
)

test.each([0, 1, 2, 3])(
  'the answer to operation %i of the other node is lost: one end and one result, in every order (P-SM-6, P-SM-7)',
  async (at) => {
    expect(await everyEnding(null, { kind: 'loses', at })).toBeGreaterThan(20)
  },
)
