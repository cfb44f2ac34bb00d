/** A message as a log stored it, linked to the message before it. */
export interface LoggedMessage {
  readonly id: string
  readonly at: number
  /** Time at which the log took it, in milliseconds since 1970. */
  readonly time: number
  /** Its meta as JSON text; `null` for none. */
  readonly meta: string | null
  /** Message before it in the log; `null` for the first. */
  readonly before: LoggedMessage | null
}

/**
 * All messages that the logs of a world have ever held, also those that were trimmed, rolled back or wiped
 * since.
 */
export class LogHistory {
  readonly #newest = new Map<string, LoggedMessage | null>()
  readonly #byId = new Map<string, LoggedMessage[]>()
  readonly #violated: (invariant: string, detail: string) => void

  constructor(violated: (invariant: string, detail: string) => void) {
    this.#violated = violated
  }

  /** Returns the newest message of a log; `null` for an empty log. */
  newestMessage(stream: string): LoggedMessage | null {
    return this.#newest.get(stream) ?? null
  }

  /** Returns the message that had this offset and id; `null` when the log never had it. */
  findMessage(stream: string, at: number, id: string): LoggedMessage | null {
    return this.#byId.get(`${stream} ${id}`)?.findLast((message) => message.at === at) ?? null
  }

  /** Tells whether the log has ever had a message with this offset, id, time and meta. */
  hasStored(stream: string, { at, id, time, meta }: Omit<LoggedMessage, 'before'>): boolean {
    const stored = this.#byId.get(`${stream} ${id}`) ?? []
    return stored.some((message) => message.at === at && message.time === time && message.meta === meta)
  }

  /** Returns the ids of a log from an offset on, by offset, with those that were trimmed. */
  idsFrom(stream: string, from: number): Map<number, string> {
    const kept = new Map<number, string>()
    for (
      let message = this.newestMessage(stream);
      message !== null && message.at >= from;
      message = message.before
    )
      kept.set(message.at, message.id)
    return kept
  }

  /**
   * Adds a message, and checks that an id is stored once (I3), and the messages of a session in the order of
   * their calls (I8).
   */
  appendMessage(stream: string, { at, id, time, meta }: Omit<LoggedMessage, 'before'>): void {
    const top = this.newestMessage(stream)
    // A log that starts over with its offsets was forgotten by the store, as it does with empty logs that
    // have no listener.
    const before = top !== null && top.at < at ? top : null
    if (before === null) this.forget(stream)
    const known = this.#byId.get(`${stream} ${id}`) ?? []
    if (known.some((message) => this.#isKept(stream, message)))
      this.#violated('I3', `${id} was stored twice in ${stream}`)
    const message = { id, at, time, meta, before }
    if (!isHead(message)) this.#checkOrder(stream, id, before)
    this.#newest.set(stream, message)
    this.#byId.set(`${stream} ${id}`, [...known, message])
  }

  #checkOrder(stream: string, id: string, before: LoggedMessage | null): void {
    const [session, ref] = split(id)
    for (let older = before, steps = 0; older !== null && steps < 200; older = older.before, steps++) {
      const [olderSession, olderRef] = split(older.id)
      if (olderSession !== session || isHead(older)) continue
      if (olderRef >= ref) this.#violated('I8', `${id} was stored behind ${older.id} in ${stream}`)
      break
    }
  }

  /** Removes the messages behind an offset. */
  rollback(stream: string, to: number): void {
    let top = this.newestMessage(stream)
    while (top !== null && top.at > to) top = top.before
    this.#newest.set(stream, top)
  }

  /** Removes a whole log. */
  forget(stream: string): void {
    this.#newest.delete(stream)
  }

  /** Removes all logs. */
  wipe(): void {
    this.#newest.clear()
  }

  #isKept(stream: string, message: LoggedMessage): boolean {
    for (let top = this.newestMessage(stream); top !== null && top.at >= message.at; top = top.before)
      if (top === message) return true
    return false
  }
}

/**
 * Tells if a message is the head or the result of a stream. A client may take it for a reader that it has, and
 * deliver no message.
 */
export const isOfStream = (message: LoggedMessage): boolean =>
  isHead(message) || (message.id.endsWith('.end') && message.meta?.includes('"end":') === true)

/** Tells if a message is the head of a stream. It has a key of its own, so its order is free (P-SM-2). */
const isHead = ({ meta }: LoggedMessage): boolean => meta?.includes('"stream":true') === true

function split(id: string): [session: string, ref: number] {
  const dot = id.lastIndexOf('.')
  return [id.slice(0, dot), Number(id.slice(dot + 1))]
}
