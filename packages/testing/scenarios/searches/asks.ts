import {
  type AskResults,
  ChatError,
  type Client,
  type ConnectedSession,
  type Hub,
  type HubSession,
  handleAsk,
} from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Milliseconds for which asks wait. */
const patience = 8_000
/** Least milliseconds that a hub waits whose clock runs fast. */
const shortestPatience = patience * 0.8

/** Facts about the asks of a run. */
interface Book {
  /** Number of the newest ask. */
  asks: number
  /** Asks that a handler was given, and that it has not settled. */
  readonly open: Set<{ readonly n: number; readonly name: string; readonly signal: AbortSignal }>
  /** Sessions that have expired. */
  readonly expired: Set<string>
  /** First violation. */
  wrong: string | null
}
const books = new WeakMap<Cluster, Book>()

/** Starts a cluster whose clients answer asks, refuse them, or are silent. */
async function asking(w: World, nodes: number): Promise<Cluster> {
  const book: Book = { asks: 0, open: new Set(), expired: new Set(), wrong: null }
  const cluster = await Cluster.start(w, {
    nodes,
    // Clients connect to different hubs.
    route: [],
    users: [],
    hub: { limits: { resumeRate: 100 } },
    started: (hub) => watchSessions(w, book, hub),
  })
  books.set(cluster, book)
  for (const [place, name] of ['alice', 'bob', 'carol', 'alice', 'dave'].entries())
    cluster.clients.push(await newcomer(cluster, book, name, place))
  w.invariant('P-ND-2', () => book.wrong ?? true)
  return cluster
}

/** Connects a client that begins at the hub of an index. */
async function newcomer(cluster: Cluster, book: Book, name: string, place: number): Promise<Client> {
  const { w, hubs, rooms } = cluster
  const route = hubs.map((_, i) => hubs[(i + place) % hubs.length] as Hub)
  const client = await w.client(route, name)
  let carried = new Set<number>()
  client.on('$status', ({ status }) => {
    if (status === 'connected') carried = new Set()
  })
  handleAsk(client, 'confirm', async (input, { signal }) => {
    const { n } = input as { n: number }
    if (carried.has(n)) book.wrong ??= `${name} was asked ${n} twice on one connection (P-ND-3)`
    carried.add(n)
    const entry = { n, name, signal }
    book.open.add(entry)
    watchAbort(w, signal)
    const mood = w.random()
    if (mood >= 0.15 && mood < 0.3) return new Promise(() => {})
    const { session } = client
    if (mood >= 0.3)
      await new Promise<void>((resolve) => {
        w.runtime('people').timer(Math.floor(w.random() * 2_000), resolve)
      })
    book.open.delete(entry)
    if (mood < 0.15) throw new ChatError('shop/no', 'not now')
    return session
  })
  await Promise.all(rooms.map((room) => client.join(room).ready))
  return client
}

/** Notes the cancel of an ask. */
function watchAbort(w: World, signal: AbortSignal): void {
  signal.addEventListener('abort', () => {
    if ((signal.reason as { code?: unknown }).code === 'cancelled') w.sometimes('an ask is cancelled')
  })
}

/** Checks that a handler which has not settled was told that the hub waits no more (P-CN-4). */
function nothingIsWaitedFor(cluster: Cluster): void {
  const forgotten = [...(books.get(cluster)?.open ?? [])].find(({ signal }) => !signal.aborted)
  cluster.w.invariant(
    'P-CN-4',
    () => forgotten === undefined || `${forgotten.name} is not told that ask ${forgotten.n} is over`,
  )
}

/** A session that has expired is not connected, and never again. */
function watchSessions(w: World, book: Book, hub: Hub): void {
  hub.on('$expire', ({ session }) => {
    w.sometimes('a session expires')
    book.expired.add(session.id)
    if (hub.sessions.some(({ id }) => id === session.id))
      book.wrong ??= `${session.user.id} (${session.id}) has expired, and is connected`
  })
  hub.on('$connect', ({ session }) => {
    if (book.expired.has(session.id))
      book.wrong ??= `${session.user.id} (${session.id}) has expired, and was resumed`
  })
}

/** Sessions of an address that are connected, with the node of each. */
function present({ running }: Cluster, address: string): Map<HubSession, string> {
  const sessions = running.flatMap((hub) => hub.sessions.map((session) => [session, hub.node] as const))
  return new Map(sessions.filter(([session]) => isAt(session, address)))
}

const isAt = ({ id, user, rooms }: HubSession, address: string): boolean =>
  address === '*' || address === `~${id}` || address === `@${user.id}` || rooms.includes(address)

/** The nodes that are listed; `null` when the list cannot be read. */
const listed = (hub: Hub): Promise<readonly string[] | null> => hub.nodes().catch(() => null)

/**
 * Asks, and checks the outcome: a session that was connected all the time, to a node that was listed all the
 * time, is named, unless a node was silent.
 */
async function ask(cluster: Cluster, book: Book): Promise<void> {
  const hub = cluster.draw(cluster.running)
  const kind = cluster.draw(['ask', 'askAll', 'sessions'] as const)
  const address = cluster.draw(['*', ...cluster.rooms, '@alice', '@bob', '@nobody'])
  const before = await listed(hub)
  const since = cluster.w.now
  const there = present(cluster, address)
  const outcome = await outcomeOf(hub, kind, address, ++book.asks)
  const still = present(cluster, address)
  const after = await listed(hub)
  const nodes = new Set(before?.filter((node) => after?.includes(node)))
  const steady = [...there].filter(([session, node]) => still.has(session) && nodes.has(node))
  const early = cluster.w.now - since < shortestPatience && silentNodes(outcome).length > 0
  if (early) book.wrong ??= `${kind} of ${address} has not waited for ${silentNodes(outcome)}`
  noteSituation(cluster, outcome, hub)
  const fault = faultOf(outcome, new Set(steady.map(([{ id }]) => id)))
  if (fault !== null) book.wrong ??= `${kind} of ${address}: ${fault}`
}

type Outcome =
  | { readonly results: AskResults<unknown> }
  | { readonly sessions: readonly ConnectedSession[] }
  | { readonly error: ChatError }
  | { readonly answer: unknown }

/** Nodes that an outcome names as unreachable. */
function silentNodes(outcome: Outcome): readonly string[] {
  if ('results' in outcome) return outcome.results.unreachable
  if (!('error' in outcome)) return []
  return (outcome.error.detail as { readonly unreachable?: readonly string[] } | undefined)?.unreachable ?? []
}

async function outcomeOf(hub: Hub, kind: string, address: string, n: number): Promise<Outcome> {
  const to = hub.to(address)
  try {
    if (kind === 'sessions') return { sessions: await to.sessions({ timeout: patience }) }
    if (kind === 'ask') return { answer: await to.ask('confirm', { n }, { timeout: patience }) }
    return { results: await to.askAll('confirm', { n }, { timeout: patience }) }
  } catch (error) {
    return { error: error as ChatError }
  }
}

function faultOf(outcome: Outcome, steady: ReadonlySet<string>): string | null {
  if ('answer' in outcome) return null
  if ('error' in outcome)
    return outcome.error.code === 'not_found' && steady.size > 0
      ? `not_found, and ${[...steady]} is there`
      : unexpected(outcome.error)
  if ('sessions' in outcome)
    return missing(
      outcome.sessions.map(({ session }) => session),
      steady,
    )
  const { replies, refused, timedOut, unreachable } = outcome.results
  const named = [...replies, ...refused, ...timedOut].map(({ session }) => session)
  const garbled = replies.find(({ session, answer }) => session !== answer)
  if (garbled !== undefined) return `${garbled.session} is said to have answered ${garbled.answer}`
  return unreachable.length > 0 ? missing(named, new Set()) : missing(named, steady)
}

/** Returns a fault when a session is named twice, or one that must be named is not. */
function missing(named: readonly string[], steady: ReadonlySet<string>): string | null {
  if (new Set(named).size < named.length) return `a session is named twice in ${named}`
  const lost = [...steady].find((session) => !named.includes(session))
  return lost === undefined ? null : `${lost} is there, and is not named`
}

const expectedCodes: readonly string[] = [
  'not_found',
  'timeout',
  'unavailable',
  'uncertain',
  'closed',
  'shop/no',
]

/** A hub that is drained, and asked nevertheless, says so. */
const ofClosedHub = ({ code, message }: ChatError): boolean =>
  code === 'usage' && message.endsWith('the hub is closed; make a new hub')

const unexpected = (error: ChatError): string | null =>
  expectedCodes.includes(error.code) || ofClosedHub(error)
    ? null
    : `unexpected error ${error.code}: ${error.message}`

function noteSituation({ w }: Cluster, outcome: Outcome, hub: Hub): void {
  if ('error' in outcome) return w.sometimes(`an ask is ${outcome.error.code}`)
  if ('sessions' in outcome && outcome.sessions.some(({ node }) => node !== hub.node))
    w.sometimes('sessions of another node are listed')
  if (!('results' in outcome)) return
  const { replies, timedOut, unreachable } = outcome.results
  if (replies.length > 1) w.sometimes('several sessions answer')
  if (timedOut.length > 0) w.sometimes('a session is silent')
  if (unreachable.length > 0) w.sometimes('a node is unreachable')
}

/** Asks at any moment, while clients move between the nodes and leave. */
async function askAndMove(cluster: Cluster): Promise<void> {
  const { w, clients } = cluster
  const book = books.get(cluster)
  if (book === undefined) throw new Error('unable to ask: this cluster has no book')
  for (let step = 0; step < 60; step++) {
    if (w.random() < 0.7) void ask(cluster, book)
    if (w.random() < 0.15) w.link(cluster.draw(clients)).reset()
    if (w.random() < 0.03) await replace(cluster, book)
    await w.advance(Math.floor(w.random() * 2_500))
  }
}

/** Closes a client for good; another client of the user takes its place. */
async function replace(cluster: Cluster, book: Book): Promise<void> {
  const { w, clients } = cluster
  const client = cluster.draw(clients)
  const { user } = client
  if (client.status !== 'connected' || user === null) return
  const place = Math.floor(w.random() * cluster.hubs.length)
  client.close()
  const next = await newcomer(cluster, book, user, place).catch(() => null)
  if (next !== null) clients[clients.indexOf(client)] = next
}

/** Searches of asks across nodes, and of sessions that expire (P-ND-1, P-ND-2, P-ND-3, P-CN-4). */
export const asks: readonly Search[] = [
  {
    name: 'asks',
    setup: (w) => asking(w, 3),
    workload: askAndMove,
    check: nothingIsWaitedFor,
    options: { faults: [...network, 'crash', 'drain', 'pause', 'outage', 'answers', 'hints', 'skew'] },
    situations: [
      'a session expires',
      'several sessions answer',
      'an ask is cancelled',
      'sessions of another node are listed',
      'a session is silent',
      'a node is unreachable',
      'an ask is not_found',
      'an ask is unavailable',
    ],
  },
  {
    name: 'asks at one hub',
    setup: (w) => asking(w, 1),
    workload: askAndMove,
    check: nothingIsWaitedFor,
    options: { faults: [...network, 'crash', 'drain', 'pause'], backplaneLatency: 0 },
    situations: [
      'a session expires',
      'several sessions answer',
      'an ask is cancelled',
      'an ask is not_found',
    ],
  },
]
