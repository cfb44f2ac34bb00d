import { type Client, type Outbox, openOutbox } from '@chat/core'
import { OutboxDisk, type OutboxPage, type World } from '@chat/testing'
import { Cluster, type SentMessage } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'

/** A page: its part of the disk, its outbox and its client. */
interface Page {
  readonly user: string
  readonly page: OutboxPage
  readonly outbox: Outbox
  client: Client | null
}

/** Records of a run. */
interface Records {
  readonly disk: OutboxDisk
  /** Pages in the order in which they were opened. */
  readonly pages: Page[]
  /** Ids under which each message was stored, by the number of the message. */
  readonly ids: Map<number, Set<string>>
  /** Messages of which an application was told that they are uncertain. */
  readonly uncertain: Set<number>
  /** Messages whose page ended before they were saved, and messages whose outcome their page was told. */
  readonly settled: Set<number>
  /** Page of each message. */
  readonly origins: Map<SentMessage, Page>
}

const records = new WeakMap<Cluster, Records>()
const recordsOf = (cluster: Cluster): Records => {
  const found = records.get(cluster)
  if (found === undefined) throw new RangeError('unable to find the records: the cluster has not started')
  return found
}

const numberOf = (data: unknown): number => (data as { readonly n: number }).n

/** Alice has two tabs, bob and carol have one. The reader reads the room, and its page stays open. */
async function start(w: World, blind = false): Promise<Cluster> {
  const disk = new OutboxDisk(w.runtime('disk'))
  disk.blind = blind
  const own: Records = {
    ...{ disk, pages: [], ids: new Map(), uncertain: new Set(), settled: new Set() },
    origins: new Map(),
  }
  const { ids, pages } = own
  const cluster = await Cluster.start(w, {
    users: ['alice', 'alice', 'bob', 'carol', 'reader'],
    rooms: [],
    started: (hub) =>
      hub.on('say', (data, { id }) => {
        const n = numberOf(data)
        ids.set(n, (ids.get(n) ?? new Set()).add(id ?? ''))
      }),
    client: (user) => openPage(w, own, user),
  })
  for (const [place, client] of cluster.clients.entries()) (pages[place] as Page).client = client
  records.set(cluster, own)
  await cluster.clients.at(-1)?.join('#lobby').ready
  return cluster
}

/** Opens a page of a user, and returns the options of its client. */
function openPage(w: World, { disk, pages, uncertain }: Records, user: string): { outbox: Outbox } {
  const page = disk.openPage()
  const outbox = openOutbox(page)
  pages.push({ user, page, outbox, client: null })
  outbox.subscribe(() => {
    for (const { state, data, earlier } of outbox.items) {
      if (state === 'uncertain') uncertain.add(numberOf(data))
      if (earlier) w.sometimes(`a message of an earlier page is ${state}`)
    }
  })
  return { outbox }
}

/** People write, and their pages end at any instant. */
async function workload(cluster: Cluster, disk: OutboxDisk | null = null): Promise<void> {
  const { w } = cluster
  const reloading = new Set<Client>()
  for (let step = 0; step < 60; step++) {
    const client = cluster.draw(cluster.clients.slice(0, -1))
    const chance = w.random()
    if (reloading.has(client)) await w.advance(100)
    else if (chance < 0.75) for (let n = w.random() * 3; n > 0; n--) sendMessage(cluster, client)
    else if (chance < 0.8 && disk !== null) disturb(cluster, disk)
    else {
      reloading.add(client)
      void reload(cluster, client)
    }
    await w.advance(w.random() < 0.6 ? w.random() * 60 : w.random() * 3_000)
  }
  disk?.recover()
  // The hubs forget the sessions of the pages that ended.
  await w.advance('6m')
}

/** The storage fails or hangs, or all is well again. */
function disturb({ w }: Cluster, disk: OutboxDisk): void {
  const chance = w.random()
  if (chance < 0.3) disk.failure = new Error('the disk is full')
  else if (chance < 0.5) disk.hangs = true
  else Object.assign(disk, { failure: null, hangs: false })
  w.sometimes(chance < 0.5 ? 'a poor disk' : 'a disk that is well again')
}

function sendMessage(cluster: Cluster, client: Client): void {
  const { pages, origins } = recordsOf(cluster)
  const page = pages.findLast((each) => each.client === client)
  const message = cluster.sendMessage(client, cluster.draw(['#lobby', '*']))
  if (page !== undefined) origins.set(message, page)
}

/** Ends a page in the middle of its work, and opens the next. Sometimes the bytes on their way are lost. */
async function reload(cluster: Cluster, client: Client): Promise<void> {
  const { w } = cluster
  const { pages } = recordsOf(cluster)
  const ended = pages.findLast((each) => each.client === client)
  if (ended === undefined) return
  noteEnd(cluster, ended)
  ended.page.crash()
  if (w.random() < 0.3) w.link(client).cut('10s')
  const reloaded = cluster.reloadClient(client)
  // The page is opened at once, its client connects later.
  const opened = pages.at(-1)
  const fresh = await reloaded
  if (opened !== undefined) opened.client = fresh
  // Before the messages of earlier pages are known.
  sendMessage(cluster, fresh)
}

/** Notes the messages of a page of which its application knows the outcome, or that were never saved. */
function noteEnd(cluster: Cluster, page: Page): void {
  const { origins, settled, uncertain, disk } = recordsOf(cluster)
  const saved = new Set(disk.entriesOf(page.user).map(({ body }) => numberOf(JSON.parse(`[${body}`)[2])))
  for (const [message, origin] of origins) {
    if (origin !== page) continue
    const { n, outcome } = message
    if (outcome === 'uncertain') uncertain.add(n)
    if (outcome !== null || !saved.has(n)) settled.add(n)
    else cluster.w.sometimes('a page ends with a message under way')
  }
}

async function check(cluster: Cluster): Promise<void> {
  noteSeen(cluster)
  storedOnce(cluster)
  nothingIsLost(cluster)
  await inOrder(cluster)
}

/** Notes the messages that clients have received: a hub that crashes has not told its listeners of all. */
function noteSeen(cluster: Cluster): void {
  const { ids, pages } = recordsOf(cluster)
  const note = (data: unknown, id: string | null): void => {
    const n = numberOf(data)
    ids.set(n, (ids.get(n) ?? new Set()).add(id ?? ''))
  }
  for (const { client } of pages)
    if (client !== null)
      for (const address of ['*', '#lobby'])
        for (const { data, id } of cluster.w.seen(client, address)) note(data, id)
}

function storedOnce(cluster: Cluster): void {
  const { ids } = recordsOf(cluster)
  const twice = [...ids].find(([, stored]) => stored.size > 1)
  cluster.w.invariant(
    'the outbox stores once',
    () => twice === undefined || `message ${twice[0]} is stored as ${[...twice[1]].join(' and ')}`,
  )
}

/** Each message is stored, or its application was told, or can see it in the outbox. */
function nothingIsLost(cluster: Cluster): void {
  const { ids, settled, origins, pages } = recordsOf(cluster)
  const open = pages.filter(({ client }) => client !== null && cluster.clients.includes(client))
  const shown = new Set(open.flatMap(({ outbox }) => outbox.items.map(({ data }) => numberOf(data))))
  const lost = [...origins.keys()].find(
    ({ n, outcome, client }) =>
      !ids.has(n) &&
      !settled.has(n) &&
      !shown.has(n) &&
      !(cluster.clients.includes(client) && outcome !== null),
  )
  cluster.w.invariant(
    'the outbox loses nothing',
    () => lost === undefined || `message ${lost.n} to ${lost.address} is neither stored nor told`,
  )
  const waiting = open.flatMap(({ outbox }) => outbox.items).find(({ state }) => state === 'waiting')
  cluster.w.invariant(
    'the outbox is sent',
    () => waiting === undefined || `message ${numberOf(waiting.data)} still waits`,
  )
}

/** The messages of a page, and of the pages of a user with one tab, are in the log in the order of their sends. */
async function inOrder(cluster: Cluster): Promise<void> {
  const { uncertain, origins } = recordsOf(cluster)
  const [reader] = cluster.clients
  for (const address of ['#lobby', '*']) {
    const page = await reader?.history(address as '*', { limit: 1_000 })
    const stored = (page?.messages ?? []).map(({ data }) => numberOf(data)).filter((n) => !uncertain.has(n))
    const places = new Map(stored.map((n, place) => [n, place]))
    const newest = new Map<unknown, SentMessage>()
    for (const [message, origin] of origins) {
      if (message.address !== address || !places.has(message.n)) continue
      const chain = origin.user === 'alice' ? origin : origin.user
      const before = newest.get(chain)
      newest.set(chain, message)
      const late = before !== undefined && (places.get(before.n) ?? 0) > (places.get(message.n) ?? 0)
      cluster.w.invariant(
        'the outbox keeps the order',
        () => !late || `message ${before?.n} of ${origin.user} is behind ${message.n} in ${address}`,
      )
    }
  }
}

/** Searches of pages that end while messages wait in their outbox. */
export const outboxes: readonly Search[] = [
  {
    name: 'outboxes',
    setup: (w) => start(w),
    workload,
    check,
    options: {
      faults: [
        ...(['stall', 'reset', 'cut', 'refuse', 'sleep', 'crash', 'drain', 'outage', 'answers'] as const),
        ...(['hints', 'trim', 'wipe', 'rollback'] as const),
      ],
      most: 5,
      within: 60_000,
    },
    situations: [
      'a page ends with a message under way',
      'a message of an earlier page is waiting',
      'a message of an earlier page is written',
      'a message of an earlier page is uncertain',
    ],
  },
  {
    name: 'outboxes on a poor disk',
    // Some platforms cannot tell which pages are open.
    setup: (w) => start(w, w.random() < 0.5),
    workload: (cluster) => workload(cluster, recordsOf(cluster).disk),
    check: storedOnce,
    options: {
      faults: ['stall', 'reset', 'cut', 'sleep', 'crash', 'outage', 'answers', 'trim', 'wipe'],
      most: 4,
      within: 60_000,
    },
    situations: ['a poor disk', 'a disk that is well again', 'a message of an earlier page is uncertain'],
  },
]
