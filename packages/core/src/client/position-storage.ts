import type { Undo } from '../runtime/runtime.ts'
import type { Position } from '../vocabulary/position.ts'

/**
 * Storage for the positions of a client, which {@link keepPositions} reads and writes. It holds one text, and may be
 * shared by several clients, such as those of all tabs. Both methods are synchronous. An error that one of them throws
 * goes to the client's `$error`, once, and the client goes on without the storage.
 */
export interface PositionStorage {
  /** Returns the text that was written last, by any client; `null` for none. */
  read(): string | null
  /** Replaces the text. */
  write(text: string): void
  /**
   * Calls `save` when the page or process may end before the next write. The returned function is called when the
   * client closes. Default: the last half second may be missing after an end, and those messages come again.
   */
  beforeEnd?(save: () => void): Undo
}

/** Options of {@link keepPositions}. */
export interface KeepPositionsOptions {
  /** Maximum number of positions in the storage; the oldest go first. Default: 200. */
  readonly most?: number | undefined
  /**
   * Time after which a position is forgotten when its address was not joined any more, in milliseconds. Default: 30
   * days.
   */
  readonly maxAge?: number | undefined
}

/**
 * Source of saved positions, as {@link keepPositions} makes it. It brings its code, so that a page without saved
 * positions does not carry it.
 */
export interface PositionSource {
  /** Starts to keep the positions of a client. Only the client knows the types. */
  readonly open: (positions: never) => object
}

/** Subscription of a client to an address, as a {@link PositionKeeper} sees it. */
export interface PlacedSubscription {
  readonly address: string
  /** Position to continue from; `null` for none. */
  position: Position | null
  /** Position up to which messages were handed to the application; `null` for none. */
  readonly place: Position | null
  /** Receivers of the messages, as the keys. */
  readonly receivers: { keys(): Iterable<{ readonly readers?: Iterable<PlacedLoop> }> }
}

/** Loop over the messages of a subscription. */
interface PlacedLoop {
  /** Position up to which the loop has handled the messages; `null` while there is no loop. */
  readonly handled: Position | null
}

/** Keeps the positions of a client for later clients of the same user. */
export interface PositionKeeper {
  /**
   * The hub has told the user. Returns `false` when the client has asked for the positions of another user: then it
   * has those of the user now.
   */
  userKnown(user: string): boolean
  /** A position may have changed. */
  changed(): void
  /** A subscription ends. */
  left(subscription: PlacedSubscription): void
  /** Saves at once. */
  save(): void
  /** Ends the work, when the client closes. */
  end(): void
}
