import {
  type AnyContract,
  type Client,
  type ClientTarget,
  clientParts,
  type HistoryPage,
  type Message,
  type MessageCursor,
  readMessages,
  type Undo,
  type Untyped,
} from '@chat/core'
import { markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import { bySender } from './changes.ts'
import {
  checkClient,
  checkEvents,
  checkStoreOptions,
  initialMessages,
  listOf,
  messageCount,
  type OptionRules,
} from './check-options.ts'
import { type InitialMessages, LogFold } from './log-fold.ts'
import type { LogSource } from './log-source.ts'
import type { MessageItem, MessageName, MessagesSnapshot } from './message-item.ts'
import { renew } from './renew.ts'
import type { Store } from './store.ts'
import { Timeline } from './timeline.ts'

/** Options of {@link notices}. */
export interface NoticesOptions {
  /** Number of messages to begin with, from 0 to 1 000: the newest of the inbox. Default: 50. */
  readonly last?: number | undefined
  /**
   * Messages of the inbox that the server has read for the page, as `hub.to('@user').history()` returns them.
   * Default: none.
   */
  readonly initial?: InitialMessages | undefined
}

/** Store of the messages to this client's user, as {@link notices} returns it. */
export interface NoticesStore<C extends AnyContract, K extends MessageName<C>>
  extends Store<MessagesSnapshot<MessageItem<C, K>>> {
  /**
   * Reads older messages, until `count` of them are in the list or the inbox has no more. Default: 50. Never rejects:
   * an error is `error` of the snapshot.
   */
  older(this: void, count?: number): Promise<void>
}

const rules: OptionRules<NoticesOptions> = { last: messageCount(0, 1_000), initial: initialMessages }

/**
 * Returns a store of the messages to this client's user: the newest that wait in the inbox, and those that follow, in
 * order and once each. When the hub knows the client as another user, the list begins anew with that user's inbox.
 *
 * @throws UsageError when an option does not exist or has a wrong value, `client` is no client, or `events` no names.
 */
export function notices<C extends AnyContract, const K extends MessageName<C> & string>(
  client: Client<C>,
  events: K | readonly K[],
  options: NoticesOptions = {},
): NoticesStore<C, K> {
  const operation = 'show notices'
  const given: unknown = client
  checkClient(operation, given)
  checkEvents(operation, events)
  checkStoreOptions(operation, options, rules)
  const inbox = new Inbox(given, listOf(events), options)
  return inbox as unknown as NoticesStore<C, K>
}

class Inbox {
  readonly #client: Client<Untyped>
  readonly #last: number
  readonly #timeline: Timeline
  readonly #cell: Cell<MessagesSnapshot>
  readonly subscribe: Store<MessagesSnapshot>['subscribe']
  readonly snapshot: Store<MessagesSnapshot>['snapshot']
  /** Messages of the server, until the user is known. */
  #initial: InitialMessages | undefined
  /** User whose inbox is shown; `null` before it is known. */
  #user: string | null = null
  #fold: LogFold | null = null

  constructor(client: Client<Untyped>, events: readonly string[], { last = 50, initial }: NoticesOptions) {
    const changed = (): void => this.#cell.changed()
    this.#client = client
    this.#last = last
    this.#initial = initial
    this.#cell = new Cell<MessagesSnapshot>({
      parts: clientParts(client.to('*')),
      make: (before) => this.#make(before),
      start: () => this.#start(),
    })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
    const changes = { edits: [], removals: [], reactions: [], mayChange: bySender }
    this.#timeline = new Timeline(events, changes, changed)
    this.#timeline.prepend(initial?.messages ?? [])
  }

  readonly older = (count = 50): Promise<void> => this.#fold?.older(count) ?? Promise.resolve()

  #start(): Undo {
    const unfollow = this.#timeline.follow()
    const undo = this.#client.on('$status', ({ status, error }) => {
      if (status === 'closed') this.#fold?.end(error ?? null)
      else if (status === 'connected' && this.#client.user !== this.#user) this.#open()
    })
    if (this.#client.user !== this.#user) this.#open()
    else this.#fold?.start()
    return () => {
      undo()
      unfollow()
      this.#fold?.stop()
    }
  }

  /** Shows the inbox of the user that the client has now. */
  #open(): void {
    const { user } = this.#client
    if (user === null) return
    const initial = this.#user === null ? this.#initial : undefined
    this.#fold?.stop()
    this.#timeline.clear()
    this.#user = user
    this.#fold = new LogFold(
      inboxOf(this.#client, user),
      {
        append: (message) => this.#timeline.append(message),
        prepend: (found) => {
          const before = this.#timeline.size
          this.#timeline.prepend(found)
          return this.#timeline.size - before
        },
        gap: (gap) => this.#timeline.addGap(gap),
        changed: () => this.#cell.changed(),
      },
      { last: this.#last, initial },
    )
    this.#fold.start()
    this.#cell.changed()
  }

  #make(before: MessagesSnapshot | null): MessagesSnapshot {
    const { state = 'loading', error = null, more = true, loadingOlder = false } = this.#fold ?? {}
    return renew(before, { items: this.#timeline.items(this.#user), state, error, more, loadingOlder })
  }
}

/** Returns the log of the messages to a user. */
function inboxOf(client: Client<Untyped>, user: string): LogSource {
  const address = `@${user}` as const
  const target = client.to(address) as unknown as ClientTarget<Untyped>
  return {
    address,
    parts: clientParts(target),
    open: (since) =>
      readMessages(target, since === null ? {} : { since }) as MessageCursor as MessageCursor<Message>,
    history: (options) => client.history(address, options) as Promise<HistoryPage>,
  }
}
