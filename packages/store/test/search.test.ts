import type { Client, Message, Position, Room } from '@chat/core'
import { type GapItem, type MessagesStore, messages } from '@chat/store'
import { explore, type FaultKind, type World } from '@chat/testing'
import { expect, test } from 'vitest'
import { type Chat, chat } from './support/chat.ts'
import { open } from './support/open.ts'

type List = MessagesStore<Chat, 'say'>
type Item = Exclude<ReturnType<List['snapshot']>['items'][number], { readonly event: '$gap' }>

/** A person with a list of messages on the screen. */
interface Reader {
  readonly name: string
  readonly client: Client<Chat>
  readonly room: Room<Chat>
  readonly list: List
  /** Texts that this person has sent, and not taken back. */
  readonly sent: string[]
  /** Undoes of the listeners that there are. */
  readonly listening: (() => void)[]
}

interface Subject {
  readonly readers: readonly Reader[]
}

const faults: readonly FaultKind[] = [
  'stall',
  'reset',
  'cut',
  'refuse',
  'sleep',
  'crash',
  'drain',
  'outage',
  'answers',
  'hints',
  'trim',
  'wipe',
  'rollback',
]

async function setUp(w: World): Promise<Subject> {
  const hubs = [1, 2].map(() => w.hub<Chat>({ ...open, contract: chat }))
  const readers: Reader[] = []
  for (const name of ['alice', 'bob', 'alice']) {
    const client = await w.client<Chat>(hubs, name, { contract: chat })
    const room = client.join('#a')
    const list = messages(room, 'say', { last: 1_000, edits: 'edit', reactions: 'react' })
    readers.push({ name, client, room, list, sent: [], listening: [list.subscribe(() => {})] })
  }
  return { readers }
}

const itemsOf = (list: List): Item[] =>
  list.snapshot().items.filter((item): item is Item => item.event !== '$gap')

/**
 * People write, edit and react, leave the page and come back, as React's StrictMode does, and send again what is
 * uncertain.
 */
async function workload(w: World, { readers }: Subject): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const reader = readers[Math.floor(w.random() * readers.length)] as Reader
    const { list, listening, sent, name } = reader
    const chance = w.random()
    if (chance < 0.25) change(w, reader, i)
    else if (chance < 0.6) {
      sent.push(`${name} ${i}`)
      list.send('say', `${name} ${i}`)
    } else if (chance < 0.75) listening.pop()?.()
    else if (chance < 0.9) listening.push(list.subscribe(() => {}))
    else tryAgain(w, reader)
    await w.advance(w.random() * 3_000)
  }
}

/** Edits the newest message of this person, on one of two devices, or reacts to the newest message. */
function change(w: World, { name, list }: Reader, i: number): void {
  const stored = itemsOf(list).filter(({ id }) => id !== null)
  const own = stored.findLast(({ from, state }) => from === name && state === 'stored')
  const newest = stored.at(-1)
  if (w.random() < 0.6 && own !== undefined) list.change(own, 'edit', `${textOf(own)}, edit ${i}`)
  else if (newest !== undefined) list.change(newest, 'react', { emoji: '👍', on: w.random() < 0.6 })
}

/** Text of a message as it was sent. */
const textOf = ({ data }: Item): string => String(data).replace(/, edit \d+$/, '')

function tryAgain(w: World, { list }: Reader): void {
  for (const item of itemsOf(list)) {
    if (item.state === 'uncertain') w.sometimes('a message is asked for')
    if (item.state === 'uncertain' || item.state === 'refused') list.retry(item)
  }
}

async function check(w: World, { readers }: Subject): Promise<void> {
  for (const { list } of readers) list.subscribe(() => {})
  await w.advance('2m')
  for (let i = 0; i < 5; i++) {
    for (const reader of readers) tryAgain(w, reader)
    await w.advance('70s')
  }
  const log = (await (readers[0] as Reader).client.history('#a', { limit: 1_000 })).messages
  for (const reader of readers) {
    equalsLog(w, reader, log)
    equalsChanges(w, reader, log)
  }
}

/** The list is the log: in order, once each, with gaps, and with every message that this person has sent. */
function equalsLog(w: World, { list, sent }: Reader, log: readonly Message[]): void {
  const { items, state } = list.snapshot()
  expect(state).toBe('live')
  const shown = itemsOf(list)
  const texts = shown.map(textOf)
  expect(new Set(texts).size).toBe(texts.length)
  expect(new Set(shown.map(({ key }) => key)).size).toBe(shown.length)
  for (const text of sent) expect(texts.filter((each) => each === text)).toEqual([text])
  expect(shown.filter((item) => item.state !== 'stored').map((item) => [item.data, item.state])).toEqual([])
  // The list keeps what the log has trimmed since.
  const gap = items.findLast((item) => item.event === '$gap')
  const says = log.filter(({ event, position }) => event === 'say' && isPast(position, gap))
  const stored = [...new Set(says.map(({ data }) => String(data)))]
  if (gap === undefined) expect(texts.slice(texts.length - stored.length)).toEqual(stored)
  else w.sometimes('a list has a gap')
  expect(stored.filter((text) => !texts.includes(text))).toEqual([])
}

/** Messages show their newest edit in the log, and the reactions of those whose reactions the log has. */
function equalsChanges(w: World, { list }: Reader, log: readonly Message[]): void {
  const gap = list.snapshot().items.findLast((item) => item.event === '$gap')
  for (const { id, data, reactions, changeError } of itemsOf(list)) {
    const changes = log.filter(({ meta, position }) => meta?.['of'] === id && isPast(position, gap))
    const edit = changes.findLast(({ event }) => event === 'edit')
    if (edit !== undefined) {
      w.sometimes('a message was edited')
      expect(data).toBe(edit.data)
    }
    if (changeError !== null) w.sometimes('a change failed')
    for (const { from, event, data: reaction } of new Map(
      changes.map((change) => [`${change.event} ${change.from}`, change]),
    ).values())
      if (event === 'react')
        expect(reactions.some(({ users }) => users.includes(from ?? ''))).toBe(
          (reaction as { on: boolean }).on,
        )
  }
}

/** Tells if a message is behind a gap: those before it may be missing. */
const isPast = (position: Position, gap: Item | GapItem | undefined): boolean =>
  gap === undefined ||
  gap.event !== '$gap' ||
  gap.to === null ||
  gap.to[0] !== position[0] ||
  position[1] > gap.to[1]

test('a list is the log: in order, once each, with gaps, whatever happens', {
  timeout: 120_000,
}, async () => {
  const report = await explore<Subject>(
    { runs: 12, faults, most: 5, within: 60_000, workload, check, twice: 1 },
    setUp,
  )
  expect(report.runs).toBe(12)
})
