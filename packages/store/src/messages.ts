import {
  type AnyContract,
  type ClientEventName,
  type EventInput,
  type EventName,
  type Message,
  type Meta,
  type Position,
  type Room,
  type Undo,
  type Untyped,
  UsageError,
} from '@chat/core'
import { describe, markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import { bySender } from './changes.ts'
import {
  checkEvents,
  checkRoom,
  checkStoreOptions,
  eventNames,
  initialMessages,
  listOf,
  messageCount,
  type OptionRules,
} from './check-options.ts'
import { KeptMessages } from './kept-messages.ts'
import { type InitialMessages, LogFold } from './log-fold.ts'
import { type LogSource, roomSource } from './log-source.ts'
import type { ItemFields, ItemOf, MessageItem, MessageName, MessagesSnapshot } from './message-item.ts'
import { Outgoing, toChatError } from './outgoing.ts'
import { messageOf } from './own-message.ts'
import { renew } from './renew.ts'
import { watchRoom } from './room-state.ts'
import type { Store } from './store.ts'
import { isUnreadable, Timeline } from './timeline.ts'

/** Options of {@link messages}. */
export interface MessageListOptions<C extends AnyContract> {
  /**
   * Number of messages to begin with, from 0 to 1 000: the newest that the log has. Without the permission to read
   * the history, the list begins with new messages, and the refusal is `error` of the snapshot. Default: 50.
   */
  readonly last?: number | undefined
  /**
   * Number of messages, from 1: when new messages make the list longer, the oldest leave it, a tenth at a time.
   * `older` reads them again, and what it has read stays: it raises the number. Default: none, the list grows.
   */
  readonly most?: number | undefined
  /**
   * Messages that the server has read for the page, as `hub.to(address).history()` returns them. They are shown from
   * the start, and only what is newer is read. Default: none.
   */
  readonly initial?: InitialMessages | undefined
  /** Event or events of which the data replaces that of the message in `meta.of`. Default: none. */
  readonly edits?: EventName<C> | readonly EventName<C>[] | undefined
  /** Event or events that remove the message in `meta.of`. Default: none. */
  readonly removals?: EventName<C> | readonly EventName<C>[] | undefined
  /**
   * Event or events that add a reaction to the message in `meta.of`: a text, or `{ emoji, on }`, where `on: false`
   * takes the reaction back. Default: none.
   */
  readonly reactions?: EventName<C> | readonly EventName<C>[] | undefined
  /**
   * Tells if an edit or a removal counts. Clients may send any of them: `from` of both messages is set by the hub.
   * When it throws, or answers with another value, such as a promise, the change does not count, and the error goes to
   * the client's `$error`. Default: only those of the sender of the message, and of the hub.
   */
  readonly mayChange?: ((change: Message, original: Message) => boolean) | undefined
}

/** Store of the messages of a room, as {@link messages} returns it. */
export interface MessagesStore<C extends AnyContract, K extends MessageName<C>>
  extends Store<MessagesSnapshot<MessageItem<C, K>>> {
  /**
   * Sends a message, which is in the list at once, and returns its item. Never throws: `state` and `error` of the
   * item tell how it ends.
   */
  send<E extends Extract<K, ClientEventName<C>>>(
    this: void,
    event: E,
    data: EventInput<C, E>,
    options?: { readonly meta?: Meta | undefined },
  ): MessageItem<C, K>
  /**
   * Sends a message of this client again: at once when it was `refused`; when it is `uncertain`, only after the log
   * has told that it does not have it. Does nothing for other messages.
   */
  retry(this: void, item: Pick<ItemFields, 'key'>): void
  /**
   * Changes a message by another message, whose `meta.of` is its id: an edit, a removal or a reaction, as the options
   * name them. The change is shown at once, and taken back when it is refused: `changeError` of the item tells why.
   * Never throws. Does nothing for a message that is not stored.
   */
  change<E extends ClientEventName<C>>(
    this: void,
    item: Pick<ItemFields, 'id'>,
    event: E,
    data: EventInput<C, E>,
  ): void
  /** Takes a message that is `refused` or `uncertain` off the list. Does nothing for other messages. */
  discard(this: void, item: Pick<ItemFields, 'key'>): void
  /**
   * Reads older messages, until `count` of them are in the list or the log has no more. Default: 50. Resolves when
   * they are there. Never rejects: an error is `error` of the snapshot. Calls at the same time share one read.
   */
  older(this: void, count?: number): Promise<void>
}

const rules: OptionRules<MessageListOptions<Untyped>> = {
  last: messageCount(0, 1_000),
  most: messageCount(1, Number.MAX_SAFE_INTEGER),
  initial: initialMessages,
  edits: eventNames,
  removals: eventNames,
  reactions: eventNames,
  mayChange: ['a function', (value) => typeof value === 'function'],
}

/**
 * Returns a store of the messages of a room: the newest, those that follow, and those that this client sends, in the
 * order of the log and once each, with a gap in the place of messages that are lost.
 *
 * ```ts
 * const list = messages(room, 'say', { last: 50 })
 * list.subscribe(() => draw(list.snapshot().items))
 * list.send('say', { text: 'hi' })
 * ```
 *
 * @throws UsageError when an option does not exist or has a wrong value, `room` is no room, or `events` no names.
 */
export function messages<C extends AnyContract, const K extends MessageName<C> & string>(
  room: Room<C>,
  events: K | readonly K[],
  options: MessageListOptions<C> = {},
): MessagesStore<C, K> {
  const operation = 'show messages'
  const given: unknown = room
  checkRoom(operation, given)
  checkEvents(operation, events)
  checkStoreOptions(operation, options as MessageListOptions<Untyped>, rules)
  return new RoomMessages(
    given,
    listOf(events),
    options as unknown as MessageListOptions<Untyped>,
  ) as unknown as MessagesStore<C, K>
}

/** Error of a client that was made with the types of a contract, and without the code that reads streams. */
const noReaders = (event: string): UsageError =>
  new UsageError(
    `unable to show the stream '${event}' while it is written: give connect the option streams: readStreams, or the contract`,
  )

class RoomMessages {
  readonly #room: Room<Untyped>
  readonly #source: LogSource
  readonly #timeline: Timeline
  readonly #kept: KeptMessages
  readonly #outgoing: Outgoing
  readonly #fold: LogFold
  /** Number of messages above which the oldest leave the list. */
  #most: number
  readonly #cell: Cell<MessagesSnapshot>
  readonly subscribe: Store<MessagesSnapshot>['subscribe']
  readonly snapshot: Store<MessagesSnapshot>['snapshot']

  constructor(room: Room<Untyped>, events: readonly string[], options: MessageListOptions<Untyped>) {
    const { last = 50, initial, edits, removals, reactions, mayChange = bySender } = options
    this.#most = options.most ?? Number.POSITIVE_INFINITY
    const changed = (): void => this.#cell.changed()
    this.#room = room
    this.#source = roomSource(room)
    this.#cell = new Cell<MessagesSnapshot>({
      parts: this.#source.parts,
      make: (before) => this.#make(before),
      start: () => this.#start(),
    })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
    const changes = {
      edits: listOf(edits),
      removals: listOf(removals),
      reactions: listOf(reactions),
      mayChange: (change: Message, original: Message) => this.#mayChange(mayChange, change, original),
    }
    this.#timeline = new Timeline(events, changes, changed)
    this.#kept = new KeptMessages(this.#source, events)
    this.#outgoing = new Outgoing({
      source: this.#source,
      send: (event, data, own) => room.send(event, data, own),
      place: () => this.#fold.place,
      found: (message) => this.#insert(message, this.#arrive(message.id) ?? message.id),
      forget: (id) => this.#kept.forget(id),
      changed,
    })
    this.#fold = new LogFold(this.#source, this.#sink(changed), { last, initial })
  }

  readonly send = (
    event: string,
    data: unknown,
    options?: { readonly meta?: Meta | undefined },
  ): ItemOf<string, unknown> => {
    const item = this.#outgoing.send(event, data, options?.meta)
    this.#cell.changedNow()
    return item
  }

  readonly retry = ({ key }: Pick<ItemFields, 'key'>): void => {
    this.#outgoing.retry(key)
    this.#kept.retry(key)
    this.#cell.changedNow()
  }

  readonly change = ({ id }: Pick<ItemFields, 'id'>, event: string, data: unknown): void => {
    if (id === null || !this.#timeline.has(id)) return
    const meta = { of: id }
    const pending = this.#timeline.addPending(messageOf(this.#source, { event, data, meta, id: null }))
    this.#room.send(event, data, { meta, onId: pending.written }).then(
      (stored) => pending.stored(stored.id, stored.position),
      (error) => pending.failed(toChatError(error)),
    )
    this.#cell.changedNow()
  }

  readonly discard = ({ key }: Pick<ItemFields, 'key'>): void => {
    this.#outgoing.discard(key)
    this.#kept.discard(key)
    this.#cell.changedNow()
  }

  readonly older = async (count = 50): Promise<void> => {
    await this.#fold.older(count)
    this.#most = Math.max(this.#most, this.#timeline.length)
  }

  #sink(changed: () => void): ConstructorParameters<typeof LogFold>[1] {
    return {
      append: (message) => {
        if (isUnreadable(message)) this.#source.parts.report(noReaders(message.event), 'streams')
        this.#timeline.append(message, this.#arrive(message.id))
        this.#pass(message.position)
        this.#trim()
      },
      prepend: (found) => {
        const before = this.#timeline.size
        this.#timeline.prepend(found, (id) => this.#arrive(id))
        return this.#timeline.size - before
      },
      gap: (gap) => {
        this.#timeline.addGap(gap)
        if (gap.to !== null) this.#pass(gap.to, gap.from?.[0] === gap.to[0] ? undefined : gap.from?.[0])
      },
      changed,
    }
  }

  /** Asks the application if a change counts. Its error must not keep a page from being drawn. */
  #mayChange(ask: typeof bySender, change: Message, original: Message): boolean {
    try {
      const answer: unknown = ask(change, original)
      if (typeof answer === 'boolean') return answer
      // A promise would allow every change.
      throw new UsageError(
        `unable to tell if a change counts: 'mayChange' must answer true or false, but has answered with ${describe(answer)}`,
      )
    } catch (error) {
      this.#source.parts.report(error, 'mayChange')
      return false
    }
  }

  /** Returns the key of a message of this user that was on its way, and has arrived. */
  #arrive(id: string): string | undefined {
    return this.#outgoing.arrive(id) ?? this.#kept.keyOf(id)
  }

  /** Drops the oldest messages of a list that is too long, but not while older messages are being read. */
  #trim(): void {
    if (this.#timeline.length <= this.#most || this.#fold.loadingOlder) return
    const first = this.#timeline.drop(this.#timeline.length - Math.ceil(this.#most * 0.9))
    if (first !== null) this.#fold.dropBefore(first)
  }

  /** Shows messages of this client in their places that the log has passed without them. */
  #pass(position: Position, lost?: string): void {
    for (const { key, message } of this.#outgoing.takePassed(position, lost)) this.#insert(message, key)
  }

  #insert(message: Message, key: string): void {
    this.#timeline.insert(message, key)
    this.#cell.changed()
  }

  #start(): Undo {
    const unfollow = this.#timeline.follow()
    const unkept = this.#kept.follow(() => this.#cell.changed())
    const unwatch = watchRoom(this.#room, (state, error) => {
      if (state === 'ended') this.#fold.end(error)
      else this.#cell.changed()
    })
    this.#fold.start()
    return () => {
      unwatch()
      unkept()
      unfollow()
      this.#fold.stop()
    }
  }

  #make(before: MessagesSnapshot | null): MessagesSnapshot {
    const { user } = this.#source.parts
    const kept = this.#kept.items(user, (id) => this.#timeline.has(id, user ?? undefined))
    const items = [...this.#timeline.items(user), ...kept, ...this.#outgoing.items(user)]
    const { state, error, more, loadingOlder } = this.#fold
    return renew(before, { items, state, error, more, loadingOlder })
  }
}
