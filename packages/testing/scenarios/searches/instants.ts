import type { Message } from '@chat/core'
import type { World } from '@chat/testing'
import type { Simulation } from '../../src/world/simulation.ts'
import { Cluster, type SentMessage } from '../cluster/cluster.ts'
import { Device, numberOf, numberOfEntry } from '../pages/device.ts'
import { Page, type PageOptions } from '../pages/page.ts'
import type { Search } from '../search.ts'

const addresses = ['*', '#lobby'] as const

/** Pages of one browser, and the messages of those that have ended. */
interface Run {
  readonly device: Device
  readonly open: Set<Page>
  /** `true` when no page can tell which pages are open. */
  readonly blind: boolean
  readonly options: () => PageOptions
  /** User who has sent each message. */
  readonly senders: Map<SentMessage, string | null>
  /** Numbers of the messages whose outcome an application was told, other than that they are uncertain. */
  readonly told: Set<number>
  /** Numbers of the messages that an application was told, or shown, as uncertain. */
  readonly uncertain: Set<number>
  /** Numbers of the messages that were sent again. */
  readonly again: Set<number>
}

const runs = new WeakMap<Cluster, Run>()
const runOf = (cluster: Cluster): Run => {
  const run = runs.get(cluster)
  if (run === undefined) throw new RangeError('unable to find the run: the cluster has not started')
  return run
}

async function start(w: World): Promise<Cluster> {
  const cluster = await Cluster.start(w, {
    nodes: w.random() < 0.8 ? 1 : 2,
    users: [],
    rooms: [],
    hub: { presence: { rooms: () => false } },
  })
  const places = w.random() < 0.5
  const early = w.random()
  const run: Run = {
    device: new Device(w),
    open: new Set(),
    blind: w.random() < 0.15,
    options: () => ({ places, early: early < 0.3 || (early < 0.6 && w.random() < 0.5) }),
    ...{ senders: new Map(), told: new Set(), uncertain: new Set(), again: new Set() },
  }
  run.device.disk.blind = run.blind
  runs.set(cluster, run)
  ;(w as Simulation).watchSteps(() => inspect(cluster))
  return cluster
}

/** A page ends at one instant, and the page that takes over its messages perhaps at another. */
async function endOfPages(cluster: Cluster): Promise<void> {
  const { w } = cluster
  const first = openPage(cluster, 'alice')
  const second = w.random() < 0.4 ? openPage(cluster, 'alice') : null
  const writing = [first, ...(second === null ? [] : [second])].map((page) => write(cluster, page))
  if (w.random() < 0.15) w.runtime('user').timer(w.random() * 200, () => switchUser(cluster, first))
  await endAfter(cluster, first, Math.floor(w.random() * 160))
  if (w.random() < 0.2) await w.advance(w.random() * 2_000)
  const next = openPage(cluster, w.random() < 0.15 ? 'bob' : 'alice')
  writing.push(write(cluster, next))
  if (w.random() < 0.6) {
    await endAfter(cluster, next, Math.floor(w.random() * 120))
    writing.push(write(cluster, openPage(cluster, 'alice')))
  }
  await Promise.all(writing)
  if (w.random() < 0.3) await sendAgain(cluster)
  await w.advance('1s')
  runOf(cluster).device.disk.recover()
  // Pages of all users stay, and can send all that is left.
  const { open, device } = runOf(cluster)
  for (const page of open) if (page.user === 'bob') close(cluster, page)
  const places = [...device.starts.keys()].map((key) => key.slice(0, key.indexOf(' ')))
  for (const user of ['alice', 'bob'])
    if (device.disk.entriesOf(user).length > 0 || places.includes(user)) openPage(cluster, user)
}

function openPage(cluster: Cluster, user: string): Page {
  const { device, open, options } = runOf(cluster)
  const page = new Page(cluster, device, user, options())
  open.add(page)
  const note = (): void => {
    for (const { state, data, earlier } of page.outbox.items) {
      if (state === 'uncertain') runOf(cluster).uncertain.add(numberOf(data))
      if (earlier) cluster.w.sometimes(`a message of an earlier page is ${state}`)
    }
  }
  page.outbox.subscribe(note)
  return page
}

/** Sends a few messages, some of them before the page is connected. */
async function write({ w }: Cluster, page: Page): Promise<void> {
  const { timer } = w.runtime('writing')
  for (let left = 1 + Math.floor(w.random() * 3); left > 0; left--) {
    page.send(w.random() < 0.5 ? '*' : '#lobby')
    if (w.random() < 0.6) await new Promise<void>((go) => timer(w.random() * 120, go))
  }
}

/** Ends a page after a number of steps of the run, or once nothing happens. */
async function endAfter(cluster: Cluster, page: Page, steps: number): Promise<void> {
  const { w } = cluster
  await new Promise<void>((resolve) => {
    let left = steps
    const end = w.now + 400
    const undo = (w as Simulation).watchSteps(() => {
      if (left-- > 0 && w.now < end) return
      undo()
      resolve()
      close(cluster, page)
    })
  })
}

function close(cluster: Cluster, page: Page): void {
  const { w } = cluster
  const { open, told, uncertain, senders, device } = runOf(cluster)
  open.delete(page)
  const here = new Set(device.disk.entriesOf('alice').map(numberOfEntry))
  for (const [message, user] of page.sent) {
    const { n, outcome } = message
    senders.set(message, user)
    if (outcome === 'uncertain') uncertain.add(n)
    // The messages of a user who has signed out wait for the user.
    else if (outcome !== null && outcome !== 'unauthorized') told.add(n)
    else if (here.has(n)) w.sometimes('a page ends with a message under way')
    else if (device.kept.has(n)) w.sometimes('a page ends with a message that was taken out of the outbox')
    else w.sometimes('a page ends before a message was saved')
  }
  page.end(w.random() < 0.5, w.random() < 0.5 ? 'arrive' : w.random() < 0.6 ? 'lost' : 'late')
}

/** Bob signs in, in the page of alice. */
function switchUser({ w }: Cluster, page: Page): void {
  if (page.ended) return
  page.user = 'bob'
  w.link(page.client).reset()
  w.sometimes('another user signs in')
}

/** The user has uncertain messages sent again. */
async function sendAgain(cluster: Cluster): Promise<void> {
  const { again, open } = runOf(cluster)
  await cluster.w.advance(cluster.w.random() * 400)
  for (const { outbox } of open)
    for (const { key, state, data } of outbox.items)
      if (state === 'uncertain') {
        again.add(numberOf(data))
        outbox.retry(key)
        cluster.w.sometimes('a message is sent again')
      }
}

/** Checks the screens of all pages, after each step. */
function inspect(cluster: Cluster): void {
  const { open, blind } = runOf(cluster)
  // A page learns late that another page has taken its messages.
  if (blind) return
  for (const { outbox, shown } of open)
    for (const { id, data, meta } of outbox.items) {
      const n = numberOf(data)
      const known = shown.get(n)
      if (known !== undefined && known !== id && known !== meta?.['again'])
        fail(cluster, 'a line is shown once', `message ${n} is shown as ${known}, and waits as ${id}`)
    }
}

const fail = ({ w }: Cluster, name: string, text: string): void => w.invariant(name, () => text)

async function check(cluster: Cluster): Promise<void> {
  const { open, uncertain, told, senders } = runOf(cluster)
  for (const page of open)
    for (const [message, user] of page.sent) {
      senders.set(message, user)
      if (message.outcome === 'uncertain') uncertain.add(message.n)
      else if (message.outcome !== null && message.outcome !== 'unauthorized') told.add(message.n)
    }
  const logs = await readLogs(cluster)
  storedOnce(cluster, logs)
  nothingIsLost(cluster, logs)
  nothingWaits(cluster)
  inOrder(cluster, logs)
  nothingIsMissed(cluster, logs)
}

type Logs = ReadonlyMap<string, readonly Message[]>

async function readLogs({ running }: Cluster): Promise<Logs> {
  const logs = new Map<string, readonly Message[]>()
  for (const address of addresses) {
    const page = await running[0]?.to(address).history({ limit: 1_000 })
    logs.set(address, (page?.messages ?? []) as readonly Message[])
  }
  return logs
}

/** Each message is in the log once, from its user; again only when the user wanted it, and marked so. */
function storedOnce(cluster: Cluster, logs: Logs): void {
  const { senders, again } = runOf(cluster)
  const users = new Map([...senders].map(([{ n }, user]) => [n, user]))
  for (const messages of logs.values()) {
    const first = new Map<number, Message>()
    for (const message of messages) {
      const { id, data, from, meta } = message
      const n = numberOf(data)
      const user = users.get(n)
      if (typeof user === 'string' && user !== from)
        fail(cluster, 'the outbox sends for its user', `message ${n} of ${user} is from ${from}`)
      const before = first.get(n)
      first.set(n, message)
      if (before === undefined || (again.has(n) && areAttempts(before, { id, meta }))) continue
      fail(cluster, 'the outbox stores once', `message ${n} is stored as ${before.id} and ${id}`)
    }
  }
}

const areAttempts = (a: Pick<Message, 'id' | 'meta'>, b: Pick<Message, 'id' | 'meta'>): boolean =>
  a.meta?.['again'] === b.id || b.meta?.['again'] === a.id

/** Each message that was saved is stored, or its application was told, or sees it. */
function nothingIsLost(cluster: Cluster, logs: Logs): void {
  const { device, told, open, senders, uncertain } = runOf(cluster)
  const stored = new Set([...logs.values()].flat().map(({ data }) => numberOf(data)))
  const shown = new Set([...open].flatMap(({ outbox }) => outbox.items.map(({ data }) => numberOf(data))))
  const ended = new Set(senders.keys())
  for (const page of open) for (const message of page.sent.keys()) ended.delete(message)
  for (const { n, client, outcome } of senders.keys()) {
    if (stored.has(n) || told.has(n)) continue
    const here = cluster.clients.includes(client)
    if (here && outcome !== null && outcome !== 'unauthorized') continue
    if (!device.kept.has(n) && !here) continue
    if (!shown.has(n)) fail(cluster, 'the outbox loses nothing', `message ${n} is neither stored nor told`)
    else if (!device.written.has(n))
      fail(cluster, 'the outbox sends', `message ${n} was never written, and is not stored`)
  }
  const guessed = [...uncertain].find((n) => !device.written.has(n))
  if (guessed !== undefined)
    fail(cluster, 'the outbox never guesses', `message ${guessed} was never written, and is called uncertain`)
}

/** In the end all messages are stored, uncertain or refused. */
function nothingWaits(cluster: Cluster): void {
  for (const { outbox, user } of runOf(cluster).open)
    for (const { state, data } of outbox.items)
      if (state === 'waiting' || state === 'written')
        fail(cluster, 'the outbox is sent', `message ${numberOf(data)} of ${user} is still ${state}`)
}

/** The messages of each page are in the log in the order of their sends. */
function inOrder(cluster: Cluster, logs: Logs): void {
  const { senders, uncertain } = runOf(cluster)
  for (const [address, messages] of logs) {
    const places = new Map(messages.map(({ data }, place) => [numberOf(data), place]))
    const last = new Map<string, SentMessage>()
    for (const [message, user] of [...senders].sort(([a], [b]) => a.n - b.n)) {
      const place = places.get(message.n)
      if (message.address !== address || place === undefined || uncertain.has(message.n)) continue
      const chain = `${cluster.sent.findIndex(({ client }) => client === message.client)} ${user}`
      const before = last.get(chain)
      last.set(chain, message)
      if (before !== undefined && (places.get(before.n) ?? 0) > place)
        fail(
          cluster,
          'the outbox keeps the order',
          `message ${before.n} is behind ${message.n} in ${address}`,
        )
    }
  }
}

/** The pages of a user have handled each message since the first saved position, or were told a gap. */
function nothingIsMissed(cluster: Cluster, logs: Logs): void {
  const { device } = runOf(cluster)
  for (const [key, [, at]] of device.starts) {
    const address = key.slice(key.indexOf(' ') + 1)
    if (device.withGap.has(key)) continue
    const handled = device.handled.get(key)
    const missed = logs
      .get(address)
      ?.find(({ position, data }) => position[1] > at && handled?.has(numberOf(data)) !== true)
    if (missed !== undefined)
      fail(cluster, 'places', `${key} has missed message ${numberOf(missed.data)} at ${missed.position[1]}`)
    else cluster.w.sometimes('a page goes on from a saved place')
  }
}

/** Search of pages that end at any instant, in a run so short that a hundred thousand of them take minutes. */
export const instants: readonly Search[] = [
  {
    name: 'pages that end at every instant',
    brief: true,
    setup: start,
    workload: endOfPages,
    check,
    options: {
      faults: ['stall', 'reset', 'cut', 'refuse', 'crash', 'drain', 'outage', 'answers', 'sleep'],
      most: 2,
      within: 600,
      lasting: 0.2,
      recovery: '45s',
      guard: false,
    },
    situations: [
      'a page ends with a message under way',
      'a page ends with a message that was taken out of the outbox',
      'a page ends before a message was saved',
      'a message of an earlier page is waiting',
      'a message of an earlier page is written',
      'a message of an earlier page is uncertain',
      'another user signs in',
      'a message is sent again',
      'a page goes on from a saved place',
    ],
  },
]
