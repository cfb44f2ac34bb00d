import { type CallContext, type Client, type Hub, type HubSession, UncertainError } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** A call of a client. */
interface Call {
  readonly n: number
  /** Time of the abort by its client; `null` before that. */
  aborted: number | null
  /** Outcome of its promise; `null` while it is pending. */
  outcome: unknown
}

/** A run of a handler. */
interface Run {
  readonly hub: Hub
  readonly call: Call
  readonly signal: AbortSignal
  settled: boolean
}

/** Facts about the calls of a run. */
interface Book {
  readonly calls: Map<number, Call>
  readonly runs: Run[]
  /** Time at which each connection was welcomed. */
  readonly since: WeakMap<HubSession, number>
  /** First violation. */
  wrong: string | null
}
const books = new WeakMap<Cluster, Book>()

/** Maximum milliseconds after which a handler returns by itself, if it does. */
const longest = 3_000
/** Reason with which clients abort. */
const enough = 'enough'

/** Starts a cluster whose handlers take their time, or end only with their signal. */
async function calling(w: World, nodes: number): Promise<Cluster> {
  const book: Book = { calls: new Map(), runs: [], since: new WeakMap(), wrong: null }
  const cluster = await Cluster.start(w, {
    nodes,
    hub: { limits: { inflight: 4, rate: 20, burst: 40 }, timeouts: { call: 3_600_000 } },
    started: (hub) => serve(w, book, hub),
  })
  books.set(cluster, book)
  w.invariant('P-CN-3', () => book.wrong ?? true)
  return cluster
}

function serve(w: World, book: Book, hub: Hub): void {
  hub.on('$connect', ({ session }) => {
    book.since.set(session, w.now)
  })
  hub.handle('now', (n) => n)
  hub.handle('work', (input, context) => {
    const { n, ends } = input as { n: number; ends: number | null }
    const run = { ...begin(w, book, n, context), hub }
    book.runs.push(run)
    return new Promise((resolve) => {
      if (ends === null) return
      w.runtime('work').timer(ends, () => {
        run.settled = true
        resolve(n)
      })
    })
  })
}

/** Begins the run of a handler. A call is not repeated after its abort (P-CN-3). */
function begin(w: World, book: Book, n: number, { signal, session }: CallContext): Omit<Run, 'hub'> {
  const call = book.calls.get(n)
  if (call === undefined) throw new Error(`call ${n} was never made`)
  const since = book.since.get(session) ?? 0
  if (call.aborted !== null && since > call.aborted)
    book.wrong ??= `call ${n} was aborted at ${call.aborted}, and runs on a connection of ${since}`
  signal.addEventListener('abort', () => {
    if ((signal.reason as { code?: unknown }).code !== 'cancelled') return
    w.sometimes('a call is cancelled')
    if (call.aborted === null) book.wrong ??= `call ${n} is cancelled, and no client has aborted it`
  })
  return { call, signal, settled: false }
}

/** A client calls, and may abort its call at any moment. */
function makeCall(cluster: Cluster, book: Book, client: Client): void {
  const { w } = cluster
  const call: Call = { n: book.calls.size, aborted: null, outcome: null }
  book.calls.set(call.n, call)
  const ends = w.random() < 0.5 ? null : Math.floor(w.random() * longest)
  const aborter = new AbortController()
  client
    .call(
      'work',
      { n: call.n, ends },
      { signal: aborter.signal, idempotent: w.random() < 0.5, timeout: 3_600_000 },
    )
    .then(
      (answer) => settle(w, book, call, answer),
      (error: unknown) => settle(w, book, call, error),
    )
  if (ends !== null && w.random() < 0.4) return
  w.runtime('people').timer(Math.floor(w.random() * 4_000), () => {
    if (call.outcome === null) call.aborted = w.now
    aborter.abort(enough)
  })
}

/** An aborted call rejects with the reason of its signal, and any other call with its own outcome (P-CN-3). */
function settle(w: World, book: Book, call: Call, outcome: unknown): void {
  call.outcome = outcome
  const { n, aborted } = call
  if (aborted !== null && outcome !== enough) book.wrong ??= `call ${n} was aborted, and ends with ${outcome}`
  if (aborted !== null) return w.sometimes('a call is aborted')
  w.sometimes(outcome === n ? 'a call is answered' : 'a call is uncertain')
  if (outcome !== n && !(outcome instanceof UncertainError)) book.wrong ??= `call ${n} ends with ${outcome}`
}

async function callAndAbort(cluster: Cluster): Promise<void> {
  const { w, clients } = cluster
  const book = bookOf(cluster)
  for (let step = 0; step < 50; step++) {
    for (let burst = 1 + Math.floor(w.random() * 4); burst > 0; burst--)
      makeCall(cluster, book, cluster.draw(clients))
    if (w.random() < 0.2) cluster.sendMessage(cluster.draw(clients), cluster.draw(cluster.rooms))
    await w.advance(Math.floor(w.random() * 2_000))
  }
}

function bookOf(cluster: Cluster): Book {
  const book = books.get(cluster)
  if (book === undefined) throw new Error('unable to call: this cluster has no book')
  return book
}

/** Checks that no cancel was ignored, and that the windows are free again (P-CN-2). */
async function allIsOver(cluster: Cluster): Promise<void> {
  const { w, clients, running } = cluster
  const { runs, calls } = bookOf(cluster)
  // A hub that has crashed aborts no signal.
  const ignored = runs.find(
    ({ hub, call, signal, settled }) =>
      running.includes(hub) && call.aborted !== null && !settled && !signal.aborted,
  )
  w.invariant('P-CN-2', () => ignored === undefined || `the cancel of call ${ignored.call.n} is ignored`)
  const open = [...calls.values()].find(({ outcome }) => outcome === null)
  w.invariant('P-CN-3', () => open === undefined || `call ${open.n} has no outcome`)
  const answers = clients.map((client) => client.call('now', 1, { timeout: 10_000 }).catch(String))
  await w.advance('11s')
  const [...answered] = await Promise.all(answers)
  w.invariant('P-CN-2', () => answered.every((answer) => answer === 1) || `a window is full: ${answered}`)
}

/** Searches of calls that their clients abort (P-CN-1, P-CN-2, P-CN-3). */
export const cancels: readonly Search[] = [
  {
    name: 'cancelled calls',
    setup: (w) => calling(w, 2),
    workload: callAndAbort,
    check: allIsOver,
    options: { faults: [...network, 'crash', 'drain', 'pause'] },
    situations: ['a call is cancelled', 'a call is aborted', 'a call is answered', 'a call is uncertain'],
  },
]
