import { Client, Hub, type Room, type Stored, systemRuntime, type Undo } from '@chat/core'
import { type MemoryLink, MemoryNetwork } from '@chat/core/memory'

/** Contract of the demo. */
interface Chat {
  events: { say: { text: string } }
}

/** A message as a person sees it. */
export interface Line {
  readonly key: string
  readonly text: string
  /** `true` for a message of the person. */
  readonly own: boolean
  /** `true` until the hub has stored the message. */
  readonly waiting: boolean
  /** `true` for a message of the time without a line. */
  readonly late: boolean
}

/** Counts of the last time without a line. */
export interface Account {
  readonly missed: number
  readonly caughtUp: number
  readonly lost: number
  readonly twice: number
}

const room = '#lobby'
/** Number of messages that a person sees. */
const shown = 40
/** Latency of a line in milliseconds. */
const latency = 40

/** A hub with two clients, all in this page: the hub, the clients and their protocol are those of an application. */
export class Scene {
  readonly #network = new MemoryNetwork(systemRuntime, { latency: () => latency })
  readonly #hub = new Hub<Chat>({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
  })
  readonly #undo: Undo
  readonly ada: Person
  readonly ben: Person

  /** Starts the hub and its clients. `changed` is called after each change of a person. */
  constructor(changed: () => void) {
    this.#undo = this.#network.listen('hub', this.#hub)
    this.ada = new Person('Ada', this.#network, changed)
    this.ben = new Person('Ben', this.#network, changed)
    this.#hub.on('say', (_, { id }) => {
      if (id !== null) for (const person of [this.ada, this.ben]) person.stored(id)
    })
  }

  /** Ends the clients and the hub. */
  async close(): Promise<void> {
    this.ada.close()
    this.ben.close()
    await this.#hub.close()
    this.#undo()
  }
}

/** A client of the demo, with the switch of its line. */
export class Person {
  readonly name: string
  readonly #link: MemoryLink
  readonly #client: Client<Chat>
  readonly #room: Room<Chat>
  readonly #changed: () => void
  readonly #seen = new Set<string>()
  readonly #missed = new Set<string>()
  readonly #waiting: { readonly key: string; readonly text: string }[] = []
  #lines: Line[] = []
  #wake = (): void => {}
  #caughtUp = 0
  #twice = 0
  #lost = 0
  #sends = 0
  #cut = false

  /** Connects a client, and joins the room. */
  constructor(name: string, network: MemoryNetwork, changed: () => void) {
    this.name = name
    this.#changed = changed
    this.#link = network.link()
    this.#client = new Client<Chat>({
      dial: network.dialer('hub', { link: this.#link }),
      token: name.toLowerCase(),
      environment: (hints) => {
        this.#wake = () => hints.wake()
        return () => {}
      },
    })
    this.#client.on('$status', changed)
    this.#room = this.#client.join(room)
    this.#room.on('say', ({ text }, { id, from }) => {
      if (id !== null) this.#receive(id, text, from)
    })
    this.#room.on('$gap', () => {
      this.#lost++
      changed()
    })
  }

  /** `true` while the client has a connection. */
  get connected(): boolean {
    return this.#client.status === 'connected'
  }

  /** `true` while the line is cut. */
  get cut(): boolean {
    return this.#cut
  }

  /** Messages, oldest first; those that wait come last. */
  get lines(): readonly Line[] {
    const waiting = this.#waiting.map(({ key, text }) => ({
      key,
      text,
      own: true,
      waiting: true,
      late: false,
    }))
    return [...this.#lines, ...waiting]
  }

  /** Counts since the line was cut; `null` before. */
  get account(): Account | null {
    if (this.#missed.size + this.#caughtUp === 0) return null
    const missed = this.#missed.size + this.#caughtUp
    return { missed, caughtUp: this.#caughtUp, lost: this.#lost, twice: this.#twice }
  }

  /** Sends a message. Without a line it waits, and is sent when the line is back. */
  say(text: string): Promise<Stored> {
    const key = `waits-${this.#sends++}`
    this.#waiting.push({ key, text })
    this.#changed()
    return this.#room.send('say', { text })
  }

  /** Cuts the line, or repairs it. */
  setCut(cut: boolean): void {
    this.#cut = cut
    if (cut) this.#startAccount()
    if (cut) this.#link.cut()
    else {
      this.#link.restore()
      this.#wake()
    }
    this.#changed()
  }

  /** Notes a message that the hub has stored, which the person misses while the line is cut. */
  stored(id: string): void {
    if (this.#cut) this.#missed.add(id)
  }

  /** Ends the client. */
  close(): void {
    this.#client.close()
  }

  #startAccount(): void {
    this.#missed.clear()
    this.#caughtUp = 0
    this.#lost = 0
    this.#twice = 0
  }

  #receive(id: string, text: string, from: string | null): void {
    const own = from === this.#client.user
    if (this.#seen.has(id)) this.#twice++
    this.#seen.add(id)
    const late = this.#missed.delete(id)
    if (late) this.#caughtUp++
    if (own)
      this.#waiting.splice(
        this.#waiting.findIndex((each) => each.text === text),
        1,
      )
    this.#lines = [...this.#lines, { key: id, text, own, waiting: false, late }].slice(-shown)
    this.#changed()
  }
}
