import type { Entry } from './entry.ts'

let gaps = 0
/** How many messages a conversation shows. */
const longest = 1_000

/** What is said in a room or with a person, in the order of the log; what is still on its way comes last. */
export class Conversation {
  /** `#room` or `@person`. */
  readonly address: string
  unread = 0
  /** The place of the oldest message shown, when there are older ones. */
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

  /** Something to be sent, or to be sent again: it waits behind everything else. */
  wait(entry: Entry): void {
    this.#remove(entry.key)
    this.#waiting.push(entry)
  }

  /** Something has arrived. `false`: it was here already. A line of one's own takes its place in the log now. */
  arrive(entry: Entry): boolean {
    const known = this.#find(entry.key)
    if (known !== undefined && this.#settled.includes(known) && isStored(known)) return false
    this.#remove(entry.key)
    this.#settled.push(known === undefined ? entry : { ...entry, time: known.time, state: 'sent' })
    if (this.#settled.length > longest) this.#forget()
    return true
  }

  /** The log has taken it. In a room the place is known when it comes back; elsewhere it is here. */
  sent(key: string, place: 'now' | 'later'): void {
    const entry = this.#find(key)
    if (entry === undefined || isStored(entry)) return
    if (place === 'now') this.arrive(entry)
    else this.#replace({ ...entry, state: 'sent' })
  }

  /** It was not sent, or nobody knows. It stays where it is now. */
  fail(key: string, state: 'failed' | 'uncertain', reason: string): void {
    const entry = this.#find(key)
    if (entry === undefined || isStored(entry)) return
    this.#remove(key)
    this.#settled.push({ ...entry, state, reason })
  }

  /** Says that messages are missing here, and gives the key of the place. Twice in a row would say no more. */
  miss(text: string): string {
    const last = this.#settled.at(-1)
    if (last?.kind === 'gap') return last.key
    const key = `gap ${++gaps}`
    this.#settled.push({ key, kind: 'gap', from: '', text, time: Date.now(), state: 'received' })
    return key
  }

  /** Puts what could be read after all behind the place where it was missing. */
  fill(gap: string, entries: readonly Entry[]): void {
    for (const entry of entries) if (this.#find(entry.key) !== undefined) this.arrive(entry)
    const place = this.#settled.findIndex(({ key }) => key === gap) + 1
    this.#settled.splice(place, 0, ...entries.filter(({ key }) => this.#find(key) === undefined))
  }

  /** Puts older messages before the others, without those that are here. */
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
