import { slotOf } from './slot.ts'

/**
 * A name as a part of a key: `base64url(JSON.stringify(name))`, so that names with lone surrogates stay apart,
 * and no brace, blank or pattern gets into a key.
 */
export const encodeName = (name: string): string => Buffer.from(JSON.stringify(name)).toString('base64url')

/** The keys of a log. All are in one slot. */
export interface LogKeys {
  /** The hash of the log. */
  readonly meta: string
  /** The list of its entries. */
  readonly list: string
}

/** The keys of a room, and of the presence partition that it belongs to. All are in one slot. */
export interface RoomKeys {
  /** The keys in the order in which the scripts take them. */
  readonly keys: readonly string[]
  /** The hash of the members. */
  readonly members: string
  /** The room as scripts name it. */
  readonly room: string
  /** The channel of the room's hints. */
  readonly channel: string
}

/** The names of all keys and channels of a deployment. */
export class Keys {
  readonly #prefix: string
  readonly #partitions: number

  /**
   * @param partitions - Number of presence partitions. Rooms of a partition are in one slot.
   */
  constructor(prefix: string, partitions: number) {
    this.#prefix = prefix
    this.#partitions = partitions
  }

  /** The key with the version of the keys. */
  get version(): string {
    return `${this.#prefix}:version`
  }

  log(stream: string): LogKeys {
    const tag = this.#tag(encodeName(stream))
    return { meta: `${tag}:m`, list: `${tag}:l` }
  }

  /** The ring of the refs of a session in a log. */
  ring(stream: string, user: string, session: string): string {
    const owner = Buffer.from(JSON.stringify([user, session])).toString('base64url')
    return `${this.#tag(encodeName(stream))}:d${owner}`
  }

  /** The channel of a name: for the hints of a log, and for texts that are published. */
  channel(name: string): string {
    return `${this.#tag(encodeName(name))}:h`
  }

  session(id: string): string {
    return `${this.#tag(encodeName(id))}:s`
  }

  /** The mark of a user. Records that were put under another mark are dropped. */
  user(user: string): string {
    return `${this.#tag(encodeName(user))}:u`
  }

  /** The keys of each presence partition, in the order in which the scripts take them. */
  partitions(): (readonly string[])[] {
    return Array.from({ length: this.#partitions }, (_, index) => this.#partition(index))
  }

  /** The keys of a room. */
  room(name: string): RoomKeys {
    const room = encodeName(name)
    return this.roomOf(slotOf(room) % this.#partitions, room)
  }

  /** The keys of a room that a script has named. */
  roomOf(index: number, room: string): RoomKeys {
    const tag = this.#tag(`p${index}`)
    const members = `${tag}:m${room}`
    const keys = [...this.#partition(index), members, `${tag}:d${room}`]
    return { keys, members, room, channel: `${tag}:h${room}` }
  }

  /** Returns a channel on which a node hears itself, in a slot that `accepts` takes. */
  probe(node: string, accepts: (slot: number) => boolean): string {
    for (let n = 0; ; n++) {
      const channel = `${this.#tag(`q${n}`)}:${node}`
      if (accepts(slotOf(channel))) return channel
    }
  }

  #partition(index: number): readonly string[] {
    const tag = this.#tag(`p${index}`)
    return [`${tag}:P`, `${tag}:L`, `${tag}:K`, `${tag}:N`]
  }

  #tag(text: string): string {
    return `${this.#prefix}:{${text}}`
  }
}
