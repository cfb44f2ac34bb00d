import {
  type ChatError,
  Client,
  type Position,
  type Presence,
  type Room,
  type Untyped,
  watchPresence,
} from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { dial as dialHttp } from '@chat/http/client'
import { dial as dialWs } from '@chat/node-ws'
import {
  event,
  type ReaderJournal,
  room,
  type Said,
  type SeenGap,
  type SeenMessage,
  type SentRecord,
} from './journal.ts'
import { within } from './until.ts'

/** The transport of a {@link Participant}. */
export type Transport = 'ws' | 'http'

/** Options of a {@link Participant}. */
export interface ParticipantOptions {
  readonly name: string
  readonly transport: Transport
  /** Ports of the hubs that accept clients now. A test may change the list. */
  readonly ports: readonly number[]
  /** Index of the port of the first connection. */
  readonly first: number
}

/** A client that sends to the room and reads it. At each attempt to connect it turns to the next hub. */
export class Participant {
  readonly name: string
  readonly client: Client
  readonly sent: SentRecord[] = []
  /** Errors that the client has reported. */
  readonly errors: string[] = []
  readonly #room: Room<Untyped>
  readonly #presence: Presence
  readonly #seen: (SeenMessage | SeenGap)[] = []
  #start: Position = ['', 0, null]
  #ticks: NodeJS.Timeout | undefined
  #n = 0

  private constructor(options: ParticipantOptions) {
    this.name = options.name
    this.client = new Client({
      dial: nextHub(options),
      token: options.name,
      maxQueued: 100_000,
      observe: (seen) => {
        if (!('address' in seen) || seen.address !== room) return
        if (seen.type === 'gap') this.#seen.push({ kind: 'gap', reason: seen.reason, to: seen.to })
        else if (seen.type === 'message' && seen.durable) this.#see(seen.data as Said, seen.position)
      },
    })
    this.client.on('$error', ({ error, subject }) => this.errors.push(`${subject ?? 'client'}: ${error}`))
    this.#room = this.client.join(room)
    // `observe` is no listener: without these the client would stop at a hundred messages.
    for (const own of [event, '$gap'] as const) this.#room.on(own as '$gap', () => {})
    this.#presence = watchPresence(this.#room)
  }

  /** Connects a client, and resolves when it has joined the room. */
  static async join(options: ParticipantOptions): Promise<Participant> {
    const participant = new Participant(options)
    await within(`${options.name} in the room`, participant.#room.ready)
    const start = participant.client.positions[room]
    if (start === undefined) throw new Error('unable to join: the client has no position')
    participant.#start = start
    return participant
  }

  /** The messages and gaps so far. */
  get journal(): ReaderJournal {
    return { name: this.name, start: this.#start, seen: this.#seen }
  }

  /** Returns `true` when this client sees all these users in the room. */
  sees(users: readonly string[]): boolean {
    return users.every((user) => this.#presence.users.has(user))
  }

  /** Sends a message every so many milliseconds. */
  talk(every: number): void {
    clearInterval(this.#ticks)
    this.#ticks = setInterval(() => this.#send(), every)
  }

  /** Ends the messages. */
  quiet(): void {
    clearInterval(this.#ticks)
  }

  close(): void {
    this.quiet()
    this.client.close()
  }

  #see({ sender, n }: Said, position: Position): void {
    this.#seen.push({ kind: 'message', sender, n, position })
  }

  #send(): void {
    const said: Said = { sender: this.name, n: this.#n++ }
    const record: SentRecord = {
      ...said,
      sentAt: performance.now(),
      settledAt: null,
      position: null,
      code: null,
    }
    this.sent.push(record)
    const settle = (outcome: Partial<SentRecord>): unknown =>
      Object.assign(record, { settledAt: performance.now(), ...outcome })
    this.#room.send(event, said).then(
      ({ position }) => settle({ position }),
      (error: ChatError) => settle({ code: error.code }),
    )
  }
}

function nextHub({ transport, ports, first }: ParticipantOptions): Dialer {
  let attempts = first
  return (options) => {
    const port = ports[attempts++ % ports.length]
    const dial = transport === 'ws' ? dialWs : dialHttp
    return dial(`http://127.0.0.1:${port}/chat`)(options)
  }
}
