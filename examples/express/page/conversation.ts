import type { Entry } from './entry.ts'

let gaps = 0
/** Maximum number of messages that a conversation shows. */
const longest = 1_000

/** The messages of a room or with a person, in the order of the log; unsent messages come last. */
export class Conversation {
  /** `#room` or `@person`. */
  readonly address: string
  unread = 0
  /** The offset of the oldest shown message, if there are older messages. */
  earlier: number | null = null
  #settled: Entry[] = []
  #waiting: Entry[] = []

  constructor(address: string, entries: readonly Entry[] = []) {
    this.address = address
    this.#settled = [...entries]
  }

  get entries(): readonly Entry[] {
    return [...this.#settled, ...this.#waiting]
  }

  /** Adds a message that is being sent or sent again; it waits at the end. */
  wait(entry: Entry): void {
    this.#remove(entry.key)
    this.#waiting.push(entry)
  }

  /**
   * Adds a received message. Returns `false` if it is already here. An own message moves to its place in the
   * log.
   */
  arrive(entry: Entry): boolean {
    const known = this.#find(entry.key)
    if (known !== undefined && this.#settled.includes(known) && isStored(known)) return false
    this.#remove(entry.key)
    this.#settled.push(known === undefined ? entry : { ...entry, time: known.time, state: 'sent' })
    if (this.#settled.length > longest) this.#forget()
    return true
  }

  /** Marks a message as sent. In a room it moves when the room delivers it; elsewhere it stays here. */
  sent(key: string, place: 'now' | 'later'): void {
    const entry = this.#find(key)
    if (entry === undefined || isStored(entry)) return
    if (place === 'now') this.arrive(entry)
    else this.#replace({ ...entry, state: 'sent' })
  }

  /** Marks a message as failed or uncertain. From now on it keeps its place. */
  fail(key: string, state: 'failed' | 'uncertain', reason: string): void {
    const entry = this.#find(key)
    if (entry === undefined || isStored(entry)) return
    this.#remove(key)
    this.#settled.push({ ...entry, state, reason })
  }

  /** Adds a gap, unless the last entry is a gap, and returns its key. */
  miss(text: string): string {
    const last = this.#settled.at(-1)
    if (last?.kind === 'gap') return last.key
    const key = `gap ${++gaps}`
    this.#settled.push({ key, kind: 'gap', from: '', text, time: Date.now(), state: 'received' })
    return key
  }

  /** Inserts messages that were read later, behind their gap. */
  fill(gap: string, entries: readonly Entry[]): void {
    for (const entry of entries) if (this.#find(entry.key) !== undefined) this.arrive(entry)
    const place = this.#settled.findIndex(({ key }) => key === gap) + 1
    this.#settled.splice(place, 0, ...entries.filter(({ key }) => this.#find(key) === undefined))
  }

  /** Inserts older messages at the beginning, without duplicates. */
  precede(entries: readonly Entry[]): void {
    this.#settled.unshift(...entries.filter(({ key }) => this.#find(key) === undefined))
  }

  #forget(): void {
    this.#settled = this.#settled.slice(-longest)
    this.earlier = null
  }

  #find(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.key === key)
  }

  #replace(entry: Entry): void {
    const swap = (old: Entry): Entry => (old.key === entry.key ? entry : old)
    this.#settled = this.#settled.map(swap)
    this.#waiting = this.#waiting.map(swap)
  }

  #remove(key: string): void {
    const others = (entry: Entry): boolean => entry.key !== key
    this.#settled = this.#settled.filter(others)
    this.#waiting = this.#waiting.filter(others)
  }
}

const isStored = ({ state }: Entry): boolean => state === 'received' || state === 'sent'
