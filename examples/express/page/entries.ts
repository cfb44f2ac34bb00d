/** Progress of an own message; `received` for all other entries. */
export type EntryState = 'received' | 'waiting' | 'sent' | 'failed' | 'uncertain'

/** An entry of the conversation. Immutable: each change makes a new object. */
export interface Entry {
  /** Identical for all copies of the same message. */
  readonly key: string
  readonly kind: 'line' | 'note' | 'caught' | 'gap'
  /** The name of the sender; `null` for the server, and for what is no message. */
  readonly from: string | null
  /** The receiver of a private message. */
  readonly to: string | null
  readonly text: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly state: EntryState
  /** The reason for a failed or uncertain message. */
  readonly reason?: string
}

/** Maximum number of entries that the page shows. */
const longest = 1_000
let notes = 0

/** The entries of a page in the order of the log; own messages that wait come last. */
export class Entries {
  #settled: Entry[] = []
  #waiting: Entry[] = []

  get all(): readonly Entry[] {
    return [...this.#settled, ...this.#waiting]
  }

  /** Adds a message that is being sent or sent again; it waits at the end. */
  wait(entry: Entry): void {
    this.#remove(entry.key)
    this.#waiting.push(entry)
  }

  /** Adds a received message. An own message moves to its place in the log, and a known message stays. */
  arrive(entry: Entry): void {
    if (this.#settled.some(({ key, state }) => key === entry.key && isStored(state))) return
    this.#remove(entry.key)
    this.#settled.push(entry)
    this.#settled = this.#settled.slice(-longest)
  }

  /** Marks a message as sent. It moves to its place when the room delivers it. */
  sent(key: string): void {
    this.#waiting = this.#waiting.map((entry) => (entry.key === key ? { ...entry, state: 'sent' } : entry))
  }

  /** Marks a message as failed or uncertain. From now on it keeps its place. */
  fail(key: string, state: 'failed' | 'uncertain', reason: string): void {
    const entry = this.#waiting.find((waiting) => waiting.key === key)
    if (entry === undefined) return
    this.#remove(key)
    this.#settled.push({ ...entry, state, reason })
  }

  /** Adds a line of the page itself: a note, what was caught up, or the place where messages are missing. Returns its key. */
  note(kind: Exclude<Entry['kind'], 'line'>, text: string): string {
    const key = `${kind} ${++notes}`
    this.#settled.push({ key, kind, from: null, to: null, text, time: Date.now(), state: 'received' })
    return key
  }

  /** Inserts messages behind an entry, by default at the beginning, without those that are here. */
  insert(messages: readonly Entry[], behind?: string): void {
    const known = new Set(this.#settled.map(({ key }) => key))
    const place = this.#settled.findIndex(({ key }) => key === behind) + 1
    const fresh = messages.filter(({ key }) => !known.has(key))
    for (const { key } of fresh) this.#remove(key)
    this.#settled.splice(place, 0, ...fresh)
  }

  #remove(key: string): void {
    this.#settled = this.#settled.filter((entry) => entry.key !== key)
    this.#waiting = this.#waiting.filter((entry) => entry.key !== key)
  }
}

const isStored = (state: EntryState): boolean => state === 'received' || state === 'sent'
