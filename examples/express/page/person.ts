import {
  Client,
  type ClientStatus,
  type Message,
  type Position,
  type Presence,
  type Room,
  watchPresence,
} from '@chat/core'
import type { Chat } from '../contract.ts'
import { Absence } from './absence.ts'
import { Entries, type Entry } from './entries.ts'
import { Line } from './line.ts'
import { gapText, reasonOf } from './reasons.ts'
import { Typing } from './typing.ts'

const address = '#lobby'
const mood = (): 'away' | null => (document.hidden ? 'away' : null)

/** The model behind the page: a person with a line to the server, who is in the lobby. */
export class Person {
  readonly name: string
  readonly line = new Line()
  readonly entries = new Entries()
  readonly typing: Typing
  readonly present: Presence
  /** The reason for a missing connection; `null` while all is well. */
  trouble: string | null = null
  /** True if the log has messages before the first that the page shows. */
  hasEarlier = false
  readonly #client: Client<Chat>
  readonly #lobby: Room<Chat>
  readonly #changed: () => void
  #absence: Absence | null = null
  #oldest: number | undefined

  /** Calls `changed` after each change that the page shows. */
  constructor(name: string, changed: () => void) {
    this.name = name
    this.#changed = changed
    const { dial, environment } = this.line
    this.#client = new Client<Chat>({ dial, environment, token: name })
    this.#lobby = this.#client.join(address, { state: mood() })
    this.present = watchPresence(this.#lobby, { onChange: changed })
    this.typing = new Typing((on) => this.#lobby.cast('typing', on, { key: 'typing' }), changed)
    this.#listen()
    this.#lobby.ready.then(
      () => this.earlier(),
      () => {},
    )
    document.addEventListener('visibilitychange', () => this.present.set(mood()))
  }

  get status(): ClientStatus {
    return this.#client.status
  }

  /** Leaves the chat for good. */
  leave(): void {
    this.#client.close()
  }

  /** Cuts the line, or mends it. */
  switchLine(on: boolean): void {
    if (on) this.line.mend()
    else this.line.cut()
    this.entries.note('note', on ? 'The line is mended' : 'The line is cut')
    this.#changed()
  }

  /** Sends a text to everyone here, or only to `to`. `/roll 6` calls the server instead. */
  send(text: string, to: string | null = null): void {
    this.typing.stopped()
    const [, sides] = /^\/roll(?:\s+(\S+))?$/.exec(text) ?? []
    if (text.startsWith('/roll')) return void this.#roll(Number(sides ?? 6))
    const key = `${this.name} ${newKey()}`
    this.again({ key, kind: 'line', from: this.name, to, text, time: Date.now(), state: 'waiting' })
  }

  /** Sends a message again, with the same key, so that no page shows it twice. */
  again(entry: Entry): void {
    const { reason: _, ...rest } = entry
    this.entries.wait({ ...rest, state: 'waiting', time: Date.now() })
    void this.#deliver(entry)
    this.#changed()
  }

  /** Reads older messages from the log. */
  async earlier(): Promise<void> {
    const before = this.#oldest
    try {
      const page = await this.#lobby.history({ limit: 50, ...(before !== undefined && { before }) })
      this.#oldest = page.messages[0]?.position[1]
      this.entries.insert(page.messages.flatMap((message) => this.#entry(message) ?? []))
      this.hasEarlier = page.more
    } catch (error) {
      this.entries.note('note', `Unable to read older messages: ${reasonOf(error)}`)
    }
    this.#changed()
  }

  #listen(): void {
    this.#client.on('$status', ({ status, error }) => {
      this.trouble = error === undefined ? null : reasonOf(error)
      if (status === 'reconnecting' || status === 'offline') this.#left()
      if (status === 'connected') void this.#back()
      this.#changed()
    })
    this.#client.on('$error', ({ error, subject }) => subject !== 'connect' && console.warn(subject, error))
    this.#client.on('say', (_, message) => message.durable && this.#show(message))
    this.#lobby.on('say', (_, message) => {
      if (!message.durable) return
      this.#absence?.heard(message)
      this.#show(message)
      this.#report()
    })
    this.#lobby.on('typing', (typing, { from, durable }) => {
      if (!durable && from !== null && from !== this.name) this.typing.heard(from, typing === true)
    })
    this.#lobby.on('$gap', (gap) => {
      void this.#fill(this.entries.note('gap', gapText(gap)))
      this.#report()
      this.#changed()
    })
    this.#lobby.on('$leave', ({ error }) => {
      if (error.code !== 'closed') this.entries.note('gap', `No longer in the lobby: ${reasonOf(error)}`)
      this.#changed()
    })
  }

  /** Reads what the log has behind a gap. */
  async #fill(gap: string): Promise<void> {
    const page = await this.#lobby.history({ limit: 50 }).catch(() => null)
    this.entries.insert(page?.messages.flatMap((message) => this.#entry(message) ?? []) ?? [], gap)
    this.#changed()
  }

  get #position(): Position | undefined {
    return this.#client.positions[address]
  }

  #left(): void {
    if (this.#absence === null && this.#position !== undefined)
      this.#absence = new Absence(this.name, this.#position, Date.now())
  }

  /** Compares with the log itself: its newest message tells how many there were. */
  async #back(): Promise<void> {
    const absence = this.#absence
    const now = Date.now()
    while (absence !== null && absence === this.#absence && this.status === 'connected') {
      // Over a slow line the answer comes behind the missed messages.
      const page = await this.#lobby.history({ limit: 1 }).catch(() => null)
      const head = page?.messages[0]?.position ?? (page && this.#position)
      if (head) {
        absence.back(head, now)
        return this.#report()
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }

  #report(): void {
    const text = this.#absence?.report(this.#position) ?? null
    if (text === null) return
    this.#absence = null
    this.entries.note('caught', text)
    this.#changed()
  }

  #show(message: Message): void {
    const entry = this.#entry(message)
    if (entry === null) return
    this.entries.arrive(entry)
    if (entry.from !== null) this.typing.heard(entry.from, false)
    this.#changed()
  }

  /** Checks a message, because the server of this demo takes any data. Returns `null` for what is no text. */
  #entry({ id, event, data, from, address, meta, time }: Message): Entry | null {
    const text = (data as { text?: unknown } | null)?.text
    if (event !== 'say' || typeof text !== 'string' || address === '*') return null
    const key = `${from} ${typeof meta?.['key'] === 'string' ? meta['key'] : id}`
    const to = address.startsWith('@') ? address.slice(1) : null
    return { key, kind: 'line', from, to, text, time, state: from === this.name ? 'sent' : 'received' }
  }

  async #deliver({ key, to, text }: Entry): Promise<void> {
    const meta = { key: key.slice(this.name.length + 1) }
    try {
      await this.#client.to(to === null ? address : `@${to}`).send('say', { text }, { meta })
      this.entries.sent(key)
    } catch (error) {
      const uncertain = (error as { code?: string }).code === 'uncertain'
      this.entries.fail(key, uncertain ? 'uncertain' : 'failed', reasonOf(error))
    }
    this.#changed()
  }

  async #roll(sides: number): Promise<void> {
    try {
      await this.#client.call('roll', { sides })
    } catch (error) {
      this.entries.note('note', `The die did not roll: ${reasonOf(error)}`)
      this.#changed()
    }
  }
}

// `randomUUID` is missing in pages over plain http from another machine.
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('')
