/** One message as the log took it, with the one before it: what was stored between two others can be told from the links. */
export interface LoggedMessage {
  readonly id: string
  readonly at: number
  readonly before: LoggedMessage | null
}

/**
 * What every log of a world has ever held, seen from outside: also what was trimmed, rolled back or wiped since.
 *
 * @internal
 */
export class LogHistory {
  readonly #tops = new Map<string, LoggedMessage | null>()
  readonly #byId = new Map<string, LoggedMessage[]>()
  readonly #violated: (invariant: string, what: string) => void

  constructor(violated: (invariant: string, what: string) => void) {
    this.#violated = violated
  }

  /** The message a log ends with now. */
  top(stream: string): LoggedMessage | null {
    return this.#tops.get(stream) ?? null
  }

  find(stream: string, at: number, id: string): LoggedMessage | null {
    return this.#byId.get(`${stream} ${id}`)?.findLast((message) => message.at === at) ?? null
  }

  /** What a log has from a place on, as if nothing of it had ever been trimmed: ids by offset. */
  kept(stream: string, from: number): Map<number, string> {
    const kept = new Map<number, string>()
    for (let message = this.top(stream); message !== null && message.at >= from; message = message.before)
      kept.set(message.at, message.id)
    return kept
  }

  /** Checks what is appended: an id once (I3), the messages of one session in the order of their calls (I8). */
  append(stream: string, at: number, id: string): void {
    const top = this.top(stream)
    // Whoever starts over with the offsets has forgotten the stream: an empty one that nobody listens to.
    const before = top !== null && top.at < at ? top : null
    if (before === null) this.forget(stream)
    const known = this.#byId.get(`${stream} ${id}`) ?? []
    if (known.some((message) => this.#alive(stream, message)))
      this.#violated('I3', `${id} was stored twice in ${stream}`)
    const [session, ref] = split(id)
    for (let older = before, steps = 0; older !== null && steps < 200; older = older.before, steps++) {
      const [other, otherRef] = split(older.id)
      if (other !== session) continue
      if (otherRef >= ref) this.#violated('I8', `${id} was stored behind ${older.id} in ${stream}`)
      break
    }
    const message = { id, at, before }
    this.#tops.set(stream, message)
    this.#byId.set(`${stream} ${id}`, [...known, message])
  }

  /** The entries beyond a place were lost. */
  rollback(stream: string, to: number): void {
    let top = this.top(stream)
    while (top !== null && top.at > to) top = top.before
    this.#tops.set(stream, top)
  }

  /** A whole stream was lost. */
  forget(stream: string): void {
    this.#tops.delete(stream)
  }

  /** Everything was lost. */
  wipe(): void {
    this.#tops.clear()
  }

  #alive(stream: string, message: LoggedMessage): boolean {
    for (let top = this.top(stream); top !== null && top.at >= message.at; top = top.before)
      if (top === message) return true
    return false
  }
}

function split(id: string): [session: string, ref: number] {
  const dot = id.lastIndexOf('.')
  return [id.slice(0, dot), Number(id.slice(dot + 1))]
}
