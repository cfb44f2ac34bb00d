import {
  ChatError,
  type Client,
  type ClientStreamWriter,
  type Hub,
  openStream,
  readStreams,
  type StreamReader,
  type StreamWriter,
  UncertainError,
} from '@chat/core'
import type { FaultKind, World } from '@chat/testing'
import { Cluster, type ClusterPlan } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** A stream of a hub, or of a client. */
interface Written {
  /** `null` for a stream of a client. */
  readonly hub: Hub | null
  readonly writer: StreamWriter<string> | ClientStreamWriter<string>
  /** The greatest part that is stored for certain; 0 for none. */
  stored: number
  /** The time at which a cancel of it was answered; `null` before that. */
  cancelled: number | null
}

/** A reader of a client. */
interface Read {
  readonly client: Client
  readonly reader: StreamReader<string>
  settled: boolean
}

/** Facts about the streams of a run. */
interface Book {
  readonly written: Map<string, Written>
  readonly read: Read[]
  /** First violation. */
  wrong: string | null
}
const books = new WeakMap<Cluster, Book>()

/** Part `n` of every stream. */
const part = (n: number): string => `[${n}]`
/** The whole of a stream with `count` parts. */
const whole = (count: number): string => Array.from({ length: count }, (_, n) => part(n + 1)).join('')
/** Returns the number of parts of a value; `null` for a value that is no beginning of a stream. */
function countOf(value: string): number | null {
  const count = value.split('[').length - 1
  return value === whole(count) ? count : null
}

/** Starts a cluster whose hubs write streams, and whose clients read all of them. */
async function writing(w: World, plan: ClusterPlan): Promise<Cluster> {
  const book: Book = { written: new Map(), read: [], wrong: null }
  const cluster = await Cluster.start(w, { ...plan, client: { streams: readStreams } })
  books.set(cluster, book)
  for (const client of cluster.clients)
    for (const address of cluster.rooms)
      client.join(address).on('answer', (reader) => read(w, book, client, reader as StreamReader<string>))
  w.invariant('P-SM-3', () => book.wrong ?? true)
  return cluster
}

/** Reads a stream, and compares each value and the result with what was written. */
function read(w: World, book: Book, client: Client, reader: StreamReader<string>): void {
  const entry = { client, reader, settled: false }
  book.read.push(entry)
  let longest = 0
  let restarted = 0
  reader.onChange(() => {
    const count = countOf(reader.value)
    if (count === null) book.wrong ??= `${client.user} reads ${reader.value} of ${reader.address}`
    if (reader.restarted > restarted) {
      restarted = reader.restarted
      longest = 0
      w.sometimes('a reader begins again')
    }
    if ((count ?? 0) < longest && reader.state === 'open')
      book.wrong ??= `${reader.address} has become shorter`
    longest = Math.max(longest, count ?? 0)
  })
  void reader.result.then(({ state, value, complete }) => {
    entry.settled = true
    w.sometimes(`a stream is ${state}`)
    const stored = book.written.get(reader.address)?.stored ?? 0
    const count = countOf(value)
    if (count === null) book.wrong ??= `the result of ${reader.address} is ${value}`
    // `complete` is false where all has been forgotten.
    else if (complete && count < stored)
      book.wrong ??= `part ${stored} of ${reader.address} is stored, and its result has ${count}`
  })
}

/** A hub writes a stream. */
const writeAsHub = (w: World, book: Book, hub: Hub, address: string): Promise<void> =>
  write(w, book, hub, async () => (await hub.to(address).stream('answer')) as StreamWriter<string>)

/** A client writes a stream. */
const writeAsClient = (w: World, book: Book, client: Client, address: string): Promise<void> =>
  write(w, book, null, async () => {
    const { session } = client
    const writer = await openStream(client.to(address), 'answer')
    w.sometimes('a client opens a stream')
    if (client.session !== session) w.sometimes('a session is lost')
    return writer as ClientStreamWriter<string>
  })

/** Opens and writes a stream, and then ends it, or leaves it open. */
async function write(
  w: World,
  book: Book,
  hub: Hub | null,
  open: () => Promise<Written['writer']>,
): Promise<void> {
  const rest = (most: number): Promise<void> =>
    new Promise((resolve) => w.runtime('writer').timer(Math.floor(w.random() * most), resolve))
  const fate = w.random()
  const parts = Math.floor(w.random() * 12)
  try {
    const writer = await open()
    const written: Written = { hub, writer, stored: 0, cancelled: null }
    book.written.set(writer.address, written)
    for (let n = 1; n <= parts; n++) {
      const stored = writer.write(part(n)).then(() => {
        written.stored = Math.max(written.stored, n)
      })
      stored.catch(() => {})
      if (w.random() < 0.6) await rest(1_500)
      if (w.random() < 0.5) await stored
    }
    if (fate < 0.6) await writer.end()
    else if (fate < 0.7) await writer.fail(new ChatError('unavailable', 'the model is gone'))
    else if (fate < 0.8) await writer.cancel()
  } catch (error) {
    // A stream may be ended by others, and its hub may close.
    if (error instanceof UncertainError) w.sometimes('a writer does not know')
    else if (!(error instanceof ChatError)) book.wrong ??= String(error)
    else w.sometimes(`a writer is told ${error.code}`)
  }
}

/** A client cancels a stream that it reads. */
function cancel(w: World, book: Book, { client, reader }: Read): void {
  if (reader.state !== 'open' || client.status !== 'connected') return
  reader.cancel().then(
    () => {
      const written = book.written.get(reader.address)
      if (written === undefined) return
      written.cancelled ??= w.now
      w.sometimes('a cancel is answered')
    },
    () => w.sometimes('a cancel fails'),
  )
}

async function writeAndCancel(cluster: Cluster): Promise<void> {
  const { w, clients, running, rooms } = cluster
  const book = bookOf(cluster)
  for (let step = 0; step < 30; step++) {
    const hub = cluster.draw(running)
    if (w.random() < 0.6 && !hub.closing) void writeAsHub(w, book, hub, cluster.draw(rooms))
    if (w.random() < 0.3) cluster.sendMessage(cluster.draw(clients), cluster.draw(rooms))
    if (w.random() < 0.4 && book.read.length > 0) cancel(w, book, cluster.draw(book.read))
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

async function writeAsClients(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  const book = bookOf(cluster)
  for (let step = 0; step < 30; step++) {
    if (w.random() < 0.6) void writeAsClient(w, book, cluster.draw(clients), cluster.draw(rooms))
    if (w.random() < 0.3) cluster.sendMessage(cluster.draw(clients), cluster.draw(rooms))
    if (w.random() < 0.3 && book.read.length > 0) cancel(w, book, cluster.draw(book.read))
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

/** Ends all streams of the clients, and waits until a session that is gone cannot be resumed any more. */
async function allOfClientsHaveEnded(cluster: Cluster): Promise<void> {
  for (const { writer } of bookOf(cluster).written.values()) void writer.end().catch(() => {})
  await cluster.w.advance('200s')
  await allHasEnded(cluster)
}

function bookOf(cluster: Cluster): Book {
  const book = books.get(cluster)
  if (book === undefined) throw new Error('unable to write: this cluster has no book')
  return book
}

/** Results of a room in its log, by the ids of their heads. */
async function resultsOf(
  hub: Hub,
  address: string,
): Promise<Map<unknown, { state: unknown; data: unknown }>> {
  const { messages } = await hub.to(address).history({ limit: 1_000 })
  const results = new Map<unknown, { state: unknown; data: unknown }>()
  for (const { meta, data } of messages)
    if (meta?.['end'] !== undefined) results.set(meta['of'], { state: meta['end'], data })
  return results
}

/**
 * Checks, after everything has recovered, that every stream which was cancelled or whose writer is gone has ended,
 * and that every reader has read what its log had.
 */
async function allHasEnded(cluster: Cluster): Promise<void> {
  const { w, running, rooms } = cluster
  const { written, read } = bookOf(cluster)
  for (const { hub, writer } of written.values())
    if (hub !== null && running.includes(hub)) void writer.end().catch(() => {})
  await w.advance('60s')
  const hub = cluster.draw(running)
  const results = new Map<unknown, { state: unknown; data: unknown }>()
  for (const address of rooms)
    for (const [of, result] of await resultsOf(hub, address)) results.set(of, result)
  const open = read.find(({ settled }) => !settled)
  w.invariant(
    'P-SM-8',
    () => open === undefined || `${open.reader.address} has no end for ${open.client.user}`,
  )
  for (const { reader, client } of read) {
    const result = results.get(reader.id)
    if (result === undefined) continue
    const same = reader.state === result.state && reader.value === result.data
    w.invariant(
      'P-SM-7',
      () =>
        same ||
        `${client.user} has read ${reader.state} ${reader.value} of ${reader.address}, the log has ${JSON.stringify(result)}`,
    )
  }
  const ignored = [...written.values()].find(
    ({ writer, cancelled }) => cancelled !== null && !results.has(writer.id),
  )
  w.invariant('P-SM-9', () => ignored === undefined || `the cancel of ${ignored.writer.address} is ignored`)
}

const faults: readonly FaultKind[] = [...network, 'crash', 'drain', 'pause', 'outage', 'hints', 'answers']

/** Searches of streams (P-SM-1 to P-SM-12). */
export const streams: readonly Search[] = [
  {
    name: 'streams',
    setup: (w) => writing(w, { nodes: 3, users: ['alice', 'bob', 'alice'] }),
    workload: writeAndCancel,
    check: allHasEnded,
    options: { faults },
    situations: [
      'a stream is done',
      'a stream is cancelled',
      'a stream is failed',
      'a stream is lost',
      'a cancel is answered',
      'a writer is told conflict',
    ],
  },
  {
    name: 'dictations',
    setup: (w) =>
      writing(w, { nodes: 3, users: ['alice', 'bob', 'alice'], hub: { clientStreams: ['answer'] } }),
    workload: writeAsClients,
    check: allOfClientsHaveEnded,
    options: { faults },
    situations: [
      'a client opens a stream',
      'a stream is done',
      'a stream is cancelled',
      'a stream is failed',
      'a cancel is answered',
    ],
  },
]
