import { connect } from '@chat/browser'
import {
  type Client,
  type ClientStatus,
  type Delivery,
  isName,
  type Message,
  type Presence,
  type Room,
  watchPresence,
} from '@chat/core'
import type { Chat as Contract, Kept } from '../contract.ts'
import { Conversation } from './conversation.ts'
import type { Entry } from './entry.ts'
import { newLine, readLine } from './line.ts'
import { moodOf } from './people.ts'
import { gapText, reasonOf } from './reasons.ts'
import { interrupted, load, save } from './saved.ts'
import type { Target } from './target.ts'
import { Typing } from './typing.ts'

const lobby = '#lobby'
const isLooking = (): boolean => document.visibilityState === 'visible'

/** The model behind the page: the connection and its conversations. */
export class Chat {
  readonly me: string
  readonly typing: Typing
  /** Rooms and people by address, in the order in which they were opened. */
  readonly conversations = new Map<string, Conversation>()
  /** The names of all people seen so far. */
  readonly people = new Set<string>()
  current: Conversation
  /** The messages of each room that the server keeps. */
  readonly kept = new Map<string, Kept>()
  /** The reason for a missing connection. */
  trouble: string | null = null
  readonly #client: Client<Contract>
  readonly #rooms = new Map<string, Room<Contract>>()
  readonly #present = new Map<string, Presence>()
  /** The offset of the newest message of each room. */
  readonly #newest = new Map<string, number>()
  readonly #changed: () => void

  /** Calls `changed` after each change that the page shows. */
  constructor(me: string, changed: () => void) {
    const { rooms, people, positions } = load(me)
    this.me = me
    this.#changed = changed
    this.#client = connect<Contract>('/chat', { token: me, positions })
    this.typing = new Typing(
      (room, on) => this.#client.to(room).cast('typing', on, { key: 'typing' }),
      changed,
    )
    this.#listen()
    this.current = this.#openRoom(lobby)
    for (const address of rooms) this.#openRoom(address)
    for (const [address, entries] of Object.entries(people))
      this.conversations.set(address, new Conversation(address, entries.map(interrupted)))
  }

  get status(): ClientStatus {
    return this.#client.status
  }

  /** The open room, or the lobby while a conversation with a person is open. */
  get room(): string {
    const { address } = this.current
    return this.#rooms.has(address) ? address : lobby
  }

  /** The presence of that room; `undefined` when the client no longer watches it. */
  get present(): Presence | undefined {
    return this.#present.get(this.room)
  }

  /**
   * Shows the conversation at an address, and opens it if necessary. Returns `false` for an invalid address.
   */
  open(address: string): boolean {
    if (!isName(address.slice(1))) return false
    this.current = address.startsWith('#') ? this.#openRoom(address) : this.#person(address)
    this.current.unread = 0
    this.#changed()
    return true
  }

  /** Leaves a room, or closes a conversation with a person. The lobby stays open. */
  leave({ address }: Conversation): void {
    if (address === lobby) return
    this.#rooms.get(address)?.leave()
    this.#rooms.delete(address)
    this.#present.delete(address)
    this.conversations.delete(address)
    this.open(lobby)
  }

  /** Called when the page becomes visible or hidden: tells the rooms, and marks messages as read. */
  look(looking: boolean): void {
    for (const here of this.#present.values()) here.set(moodOf(looking))
    if (looking) this.#read()
  }

  #read(): void {
    if (this.current.unread === 0) return
    this.current.unread = 0
    this.#changed()
  }

  /** Sends a text, and shows it at once as waiting. */
  send({ address, text }: Target): void {
    if (address === null || text === '') return
    const conversation = address === '*' || this.open(address) ? this.current : null
    if (conversation === null) return
    const { key, sentAt } = newLine(text)
    const kind = address === '*' ? 'announcement' : 'line'
    this.typing.sent(conversation.address)
    this.again(conversation, {
      key: `${this.me} ${key}`,
      kind,
      from: this.me,
      text,
      time: sentAt,
      state: 'waiting',
    })
  }

  /** Sends a message again, with the same key, so that no page shows it twice. */
  again(conversation: Conversation, entry: Entry): void {
    const { reason: _, ...rest } = entry
    const waiting: Entry = { ...rest, state: 'waiting', time: Date.now() }
    conversation.wait(waiting)
    void this.#deliver(conversation, waiting)
    this.#changed()
  }

  /** Reads earlier messages from the history, as far back as the server keeps them. */
  async earlier(conversation: Conversation): Promise<void> {
    const room = this.#rooms.get(conversation.address)
    const { earlier: before } = conversation
    if (room === undefined) return
    conversation.earlier = null
    try {
      const { messages, more } = await room.history(before === null ? {} : { before })
      conversation.precede(this.#lines(messages))
      conversation.earlier = more ? (messages[0]?.position[1] ?? null) : null
    } catch {
      // The button stays, so that the user can try again.
      conversation.earlier = before ?? Number.MAX_SAFE_INTEGER
    }
    this.#changed()
  }

  /** Asks for the messages of a room that the server keeps. */
  async #count(room: string): Promise<void> {
    try {
      const kept = await this.#client.call('kept', room)
      // The server keeps every message, so the newest offset is a number of messages, too.
      this.kept.set(room, { ...kept, messages: Math.max(kept.messages, this.#newest.get(room) ?? 0) })
      this.#changed()
    } catch {
      // Asked again after the next connection.
    }
  }

  /** Saves the conversations for the next load of this tab. */
  save(): void {
    const people: Record<string, readonly Entry[]> = {}
    for (const [address, { entries }] of this.conversations)
      if (address.startsWith('@')) people[address] = entries.slice(-200)
    const positions = Object.entries(this.#client.positions).filter(([address]) => !address.startsWith('#'))
    save(this.me, { rooms: [...this.#rooms.keys()], people, positions: Object.fromEntries(positions) })
  }

  #listen(): void {
    const client = this.#client
    client.on('$status', ({ status, error }) => {
      this.trouble = error === undefined ? null : reasonOf(error)
      if (status === 'connected') for (const room of this.#rooms.keys()) void this.#count(room)
      this.#changed()
    })
    client.on('$gap', (gap) => {
      const all = [...this.conversations.values()]
      const struck =
        gap.address === '*' ? [this.current] : all.filter(({ address }) => address.startsWith('@'))
      for (const conversation of struck) conversation.miss(gapText(gap))
      this.#changed()
    })
    client.on('$error', ({ error, subject }) => console.warn(subject, error))
    client.on('dm', (_, message) => {
      // A `dm` sent to everyone or to a room would look confidential.
      if (message.address !== `@${this.me}` || message.from === null) return
      this.#show(this.#person(`@${message.from}`), this.#entry(message, 'dm', 'line'))
    })
    client.on('announce', (_, message) => {
      if (message.address !== '*') return
      const entry = this.#entry(message, 'announce', 'announcement')
      const mine = [...this.conversations.values()].find(({ entries }) =>
        entries.some(({ key }) => key === entry?.key),
      )
      this.#show(mine ?? this.current, entry)
    })
  }

  #openRoom(address: string): Conversation {
    const known = this.conversations.get(address)
    if (known !== undefined) return known
    const conversation = new Conversation(address)
    this.conversations.set(address, conversation)
    const room = this.#client.join(address, { state: moodOf(isLooking()) })
    this.#rooms.set(address, room)
    this.#present.set(address, watchPresence(room, { onChange: this.#changed }))
    room.on('say', (_, message) => {
      if (message.durable) this.#noteKept(message)
      this.#show(conversation, this.#entry(message, 'say', 'line'))
    })
    room.on('typing', (typing, { from, durable }) => {
      if (!durable && from !== null && from !== this.me) this.typing.heard(address, from, typing === true)
    })
    room.on('$gap', (gap) => {
      this.#newest.delete(address)
      void this.#fill(conversation, room, conversation.miss(gapText(gap)))
      this.#changed()
    })
    room.on('$leave', ({ error }) => {
      this.#present.delete(address)
      conversation.miss(`You are no longer in this room: ${reasonOf(error)}`)
      this.#changed()
    })
    room.ready.then(
      () => Promise.all([this.earlier(conversation), this.#count(address)]),
      () => {},
    )
    return conversation
  }

  /**
   * Reads the missing messages from the history, if the server still keeps them, and shows them at the gap.
   */
  async #fill(conversation: Conversation, room: Room<Contract>, gap: string): Promise<void> {
    try {
      const { messages } = await room.history()
      conversation.fill(gap, this.#lines(messages))
      this.#changed()
    } catch {
      // The gap stays visible.
    }
  }

  /** Counts a new message, without a call. */
  #noteKept({ address, position, time }: Message): void {
    const [, messages] = position
    this.#newest.set(address, messages)
    const kept = this.kept.get(address)
    if (kept === undefined) return
    this.kept.set(address, { ...kept, messages, since: kept.messages === 0 ? time : kept.since })
  }

  #lines(messages: readonly Message[]): Entry[] {
    return messages.flatMap((message) => this.#entry(message, 'say', 'line') ?? [])
  }

  #person(address: string): Conversation {
    const conversation = this.conversations.get(address) ?? new Conversation(address)
    this.conversations.set(address, conversation)
    return conversation
  }

  #show(conversation: Conversation, entry: Entry | null): void {
    if (entry === null || !conversation.arrive(entry)) return
    if (!(conversation === this.current && isLooking()) && entry.from !== this.me) conversation.unread++
    this.typing.heard(conversation.address, entry.from, false)
    this.#changed()
  }

  #entry(message: Delivery, event: keyof Contract['events'], kind: Entry['kind']): Entry | null {
    const line = message.durable && message.event === event ? readLine(message.data) : null
    if (line === null) return null
    const from = message.from ?? 'server'
    const mine = from === this.me
    if (!mine) this.people.add(from)
    const key = `${from} ${line.key || message.id}`
    return { key, kind, from, text: line.text, time: line.sentAt, state: mine ? 'sent' : 'received' }
  }

  async #deliver(conversation: Conversation, { key, kind, text, time }: Entry): Promise<void> {
    const address = kind === 'announcement' ? '*' : conversation.address
    const event = kind === 'announcement' ? 'announce' : address.startsWith('@') ? 'dm' : 'say'
    const line = { text, key: key.slice(this.me.length + 1), sentAt: time }
    try {
      await this.#client.to(address).send(event, line)
      conversation.sent(key, event === 'dm' ? 'now' : 'later')
    } catch (error) {
      const uncertain = (error as { code?: string }).code === 'uncertain'
      conversation.fail(key, uncertain ? 'uncertain' : 'failed', reasonOf(error))
    }
    this.#changed()
  }
}
