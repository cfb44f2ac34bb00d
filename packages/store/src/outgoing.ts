import { ChatError, type Message, type Meta, type Position, type Stored, UncertainError } from '@chat/core'
import type { LogSource } from './log-source.ts'
import type { ItemOf, MessageState } from './message-item.ts'
import { itemOf, messageOf } from './own-message.ts'
import { againKey } from './timeline.ts'

/** Number of messages in a page, when the log is asked for a message. */
const pageSize = 200

/** Number of pages after which the log is asked no further. */
const mostPages = 50

/** Message of this client on its way to the log. */
interface Sending {
  readonly key: string
  readonly event: string
  readonly data: unknown
  readonly meta: Meta | undefined
  state: MessageState
  error: ChatError | null
  /** Id of the last attempt; `null` before it was written. */
  id: string | null
  /** Id of the first attempt, when its outcome was uncertain and the message was written again. */
  again: string | null
  /** Position that the log had when the first attempt was written; `null` when it was not known. */
  place: Position | null
  /** Position in the log, once it is stored. */
  position: Position | null
  /** `true` while the log is asked. */
  asking: boolean
  item: ItemOf<string, unknown> | null
}

/** Function that sends a message, as `room.send` does. */
export type Send = (
  event: string,
  data: unknown,
  options: { readonly meta?: Meta | undefined; readonly onId: (id: string) => void },
) => Promise<Stored>

/** Parts of a list that its messages on their way use. */
export interface OutgoingParts {
  readonly source: LogSource
  readonly send: Send
  /** Position of the newest message in the list. */
  readonly place: () => Position | null
  /** Takes a message that was found in the log. */
  readonly found: (message: Message) => void
  /** Takes a message that is sent again under another id, or given up, out of the outbox. */
  readonly forget: (id: string | null) => void
  readonly changed: () => void
}

/** Messages of this client that are on their way to the log, or were refused, in the order of their sends. */
export class Outgoing {
  readonly #parts: OutgoingParts
  #sendings: Sending[] = []
  /** By the ids of all attempts. */
  readonly #byId = new Map<string, Sending>()
  #last = 0
  #user: string | null = null

  constructor(parts: OutgoingParts) {
    this.#parts = parts
  }

  /** Sends a message. Returns its item. */
  send(event: string, data: unknown, meta: Meta | undefined): ItemOf<string, unknown> {
    const sending: Sending = {
      key: `send:${++this.#last}`,
      event,
      data,
      meta,
      state: 'waiting',
      error: null,
      id: null,
      again: null,
      place: null,
      position: null,
      asking: false,
      item: null,
    }
    this.#sendings.push(sending)
    this.#write(sending)
    return this.#itemOf(sending)
  }

  /** Sends a refused message again; asks the log for an uncertain message, and sends it again if it is not there. */
  retry(key: string): void {
    const sending = this.#sendings.find((each) => each.key === key)
    if (sending?.state === 'refused') this.#sendAgain(sending)
    else if (sending?.state === 'uncertain' && !sending.asking) void this.#ask(sending)
  }

  /** Drops a message that was refused, or is uncertain. */
  discard(key: string): void {
    const sending = this.#sendings.find((each) => each.key === key)
    if (sending !== undefined && (sending.state === 'refused' || sending.state === 'uncertain')) {
      this.#parts.forget(sending.id)
      this.#remove(sending)
    }
  }

  /** Takes the id of a message in the log. Returns the key of the sent message with this id, which has now arrived. */
  arrive(id: string): string | undefined {
    const sending = this.#byId.get(id)
    if (sending === undefined) return undefined
    this.#remove(sending)
    return sending.key
  }

  /**
   * Returns the messages that are stored up to a position of the log, or in an epoch that was `lost`, and did not
   * come: they are lost to this client in a gap, or were redacted. They are no longer on their way.
   */
  takePassed([epoch, at]: Position, lost?: string): { readonly key: string; readonly message: Message }[] {
    const passed = this.#sendings.filter(
      ({ position }) =>
        position !== null && (position[0] === lost || (position[0] === epoch && position[1] <= at)),
    )
    for (const sending of passed) this.#remove(sending)
    return passed.map((sending) => ({ key: sending.key, message: messageOf(this.#parts.source, sending) }))
  }

  /** Returns the items. Those that have not changed are the same as before. */
  items(user: string | null): ItemOf<string, unknown>[] {
    if (user !== this.#user) for (const sending of this.#sendings) sending.item = null
    this.#user = user
    return this.#sendings.map((sending) => this.#itemOf(sending))
  }

  #write(sending: Sending): void {
    const { event, data, meta, again } = sending
    const onId = (id: string): void => {
      if (sending.id === null) sending.place = this.#parts.place()
      this.#byId.set(id, sending)
      this.#change(sending, 'written', { id })
    }
    const attempt = again === null ? meta : { ...meta, [againKey]: again }
    this.#parts.send(event, data, { meta: attempt, onId }).then(
      ({ id, position }) => {
        this.#byId.set(id, sending)
        this.#change(sending, 'stored', { id, position })
      },
      (error) => {
        const state = error instanceof UncertainError ? 'uncertain' : 'refused'
        this.#change(sending, state, { error: toChatError(error) })
      },
    )
  }

  #sendAgain(sending: Sending): void {
    this.#parts.forget(sending.id)
    // It goes behind all others, as it will in the log.
    this.#sendings = [...this.#sendings.filter((other) => other !== sending), sending]
    this.#change(sending, 'waiting', {})
    this.#write(sending)
  }

  /** Asks the log if it has a message. */
  async #ask(sending: Sending): Promise<void> {
    sending.asking = true
    try {
      const message = await this.#find(sending)
      // It has arrived meanwhile, or was dropped.
      if (!this.#sendings.includes(sending)) return
      if (message !== null) return this.#parts.found(message)
      sending.again ??= sending.id
      this.#sendAgain(sending)
    } catch (error) {
      this.#change(sending, 'uncertain', { error: toChatError(error) })
    } finally {
      sending.asking = false
    }
  }

  /** Returns a message of the log, from its end back to where it was when the message was written; `null` for none. */
  async #find({ id, again, place }: Sending): Promise<Message | null> {
    let before: number | undefined
    for (let page = 0; page < mostPages; page++) {
      const { messages, more, epoch, base } = await this.#parts.source.history({ before, limit: pageSize })
      const found = messages.find((message) => message.id === id || message.id === again)
      if (found !== undefined) return found
      const first = messages[0]?.position
      const known = place?.[0] === epoch ? place[1] : 0
      if (first !== undefined && first[1] <= known) return null
      if (first === undefined || !more) {
        if (base <= known) return null
        throw new ChatError(
          'unavailable',
          'unable to tell whether it was stored: the log has forgotten that part',
        )
      }
      before = first[1]
    }
    throw new ChatError('unavailable', 'unable to tell whether it was stored: the log is too long to be read')
  }

  #change(sending: Sending, state: MessageState, { id, position, error }: Partial<Sending>): void {
    if (!this.#sendings.includes(sending)) return
    sending.state = state
    sending.error = error ?? null
    sending.id = id ?? sending.id
    sending.position = position ?? sending.position
    sending.item = null
    this.#parts.changed()
  }

  #remove(sending: Sending): void {
    this.#sendings = this.#sendings.filter((other) => other !== sending)
    this.#parts.changed()
  }

  #itemOf(sending: Sending): ItemOf<string, unknown> {
    sending.item ??= itemOf(this.#parts.source.parts.user, sending)
    return sending.item
  }
}

/** Returns an error as a {@link ChatError}. */
export const toChatError = (error: unknown): ChatError =>
  error instanceof ChatError ? error : new ChatError('internal', String(error), { cause: error })
