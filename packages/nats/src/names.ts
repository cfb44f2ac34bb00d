/**
 * Returns a name as one token of a subject. Names are data: the token has no dot, no wildcard and no space,
 * and different names have different tokens, lone surrogates included.
 */
export const toToken = (name: string): string => Buffer.from(JSON.stringify(name)).toString('base64url')

/** Tells if an address is that of a stream. */
export const isStream = (name: string): boolean => name.startsWith('^')

/** The subjects and streams under a prefix. */
export class Names {
  /** The stream of all logs, but those of streams. */
  readonly logStream: string
  /** The stream of the logs of streams, which are not trimmed while they are written. */
  readonly openStream: string
  /** The stream of session records. */
  readonly sessionStream: string
  /** The stream of presence. */
  readonly presenceStream: string
  /** The subject of the measurement of the server's clock. */
  readonly clock: string
  /** The subject of the leases of all nodes. */
  readonly leases: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.logStream = `${prefix}_log`
    this.openStream = `${prefix}_open`
    this.sessionStream = `${prefix}_sessions`
    this.presenceStream = `${prefix}_presence`
    this.clock = `${prefix}.s.c`
    this.leases = `${prefix}.p.n`
  }

  /** The subjects of {@link Names.logStream}: messages of logs, and copies of redacted messages. */
  get logSubjects(): string[] {
    return [`${this.#prefix}.l.*`, `${this.#prefix}.t.*.*`]
  }

  /** The subjects of {@link Names.openStream}: messages of logs, and copies of redacted messages. */
  get openSubjects(): string[] {
    return [`${this.#prefix}.o.*`, `${this.#prefix}.r.*.*`]
  }

  /** The subjects of {@link Names.sessionStream}. */
  get sessionSubjects(): string[] {
    return [this.clock, `${this.#prefix}.s.i.*`, `${this.#prefix}.s.u.*`]
  }

  /** The subjects of {@link Names.presenceStream}. */
  get presenceSubjects(): string[] {
    return [this.leases, `${this.#prefix}.p.r.*`]
  }

  /** The repetition of each stored message of a log as a hint. */
  get republish(): { src: string; dest: string } {
    return { src: `${this.#prefix}.l.>`, dest: `${this.#prefix}.h.>` }
  }

  /** The repetition of each stored message of a stream as a hint. */
  get republishOpen(): { src: string; dest: string } {
    return { src: `${this.#prefix}.o.>`, dest: `${this.#prefix}.h.>` }
  }

  /** The stream that holds a log. */
  streamOf(name: string): string {
    return isStream(name) ? this.openStream : this.logStream
  }

  /** The subject of a log. */
  log(name: string): string {
    return `${this.#prefix}.${isStream(name) ? 'o' : 'l'}.${toToken(name)}`
  }

  /** The subject of the hints of a log. */
  hints(name: string): string {
    return `${this.#prefix}.h.${toToken(name)}`
  }

  /** The subject of the copy of a message of a log, in which entries are redacted. */
  redacted(name: string, sequence: number): string {
    return `${this.#prefix}.${isStream(name) ? 'r' : 't'}.${toToken(name)}.${sequence}`
  }

  /** The subject of a channel. */
  channel(name: string): string {
    return `${this.#prefix}.c.${toToken(name)}`
  }

  /** The subject of a session record. */
  session(id: string): string {
    return `${this.#prefix}.s.i.${toToken(id)}`
  }

  /** The subject of the mark of a user. */
  user(id: string): string {
    return `${this.#prefix}.s.u.${toToken(id)}`
  }

  /** The subject of a room's members. */
  room(name: string): string {
    return `${this.#prefix}.p.r.${toToken(name)}`
  }

  /** The subject of the hints of a room. */
  roomHints(name: string): string {
    return `${this.#prefix}.q.${toToken(name)}`
  }
}
