import type { AnyContract, AuthorizeRequest, Client, HubOptions, Message, User } from '@chat/core'

/** A point in the order of everything that happens, and in time. */
interface Moment {
  readonly count: number
  readonly time: number
}

/** Something that was taken back. */
interface Revocation {
  /** When it was asked for. */
  readonly asked: Moment
  /** When it was done, and the other hubs were told. `null` while it is under way, for ever when it failed. */
  done: Moment | null
}

/** What the policy has said of a session and a room. */
interface Verdicts {
  /** The count of the last question that was answered with yes; 0 when there is none. */
  allowed: number
  /** The count of the last question that was answered. */
  asked: number
  /** When that was. */
  answered: number
}

/** Who may be handed something. */
interface Recipient {
  readonly name: string
  readonly client: Pick<Client, 'user' | 'session'>
}

/** What the invariant needs of its world. */
export interface AuthorisationHost {
  readonly time: { readonly now: number }
  hubs(): readonly unknown[]
  clients(): readonly Recipient[]
  /** Whether a word from node to node can have got lost in a span of time. */
  lossy(from: number, to: number): boolean
  note(text: string): void
  violated(invariant: string, what: string): void
}

/** Within this many milliseconds every hub knows (SEC-25). */
const bound = 2_000
/** For so long a question may wait behind what the session has under way in that room. */
const longestQueue = 12_000
const everywhere = '*'

/**
 * I12: nobody is handed what was stored after it was taken from them, and nobody anything of a room that the policy never let them into.
 *
 * @internal
 */
export class Authorisation {
  readonly #host: AuthorisationHost
  readonly #stored = new Map<string, Moment>()
  readonly #verdicts = new Map<string, Verdicts>()
  /** What was last taken from a user or session: one room, or all. */
  readonly #revoked = new Map<string, Revocation>()
  /** The sessions that were put out. */
  readonly #ended = new Map<string, Revocation>()
  #count = 0

  constructor(host: AuthorisationHost) {
    this.#host = host
  }

  /** The same policy, with an ear on its verdicts. */
  watch<C extends AnyContract, U extends User>(options: HubOptions<C, U>): HubOptions<C, U> {
    const { authorize } = options
    if (authorize === undefined) return options
    const watched = (request: AuthorizeRequest<U, C>): ReturnType<typeof authorize> => {
      if (request.action !== 'join') return authorize(request)
      const { count } = this.#moment()
      const verdicts = this.#of(request.session, request.address)
      const verdict = authorize(request)
      const note = (allowed: boolean): void => {
        if (allowed === true) verdicts.allowed = Math.max(verdicts.allowed, count)
        verdicts.asked = Math.max(verdicts.asked, count)
        verdicts.answered = this.#host.time.now
      }
      if (typeof verdict === 'object') verdict.then(note, () => note(false))
      else note(verdict)
      return verdict
    }
    return { ...options, authorize: watched }
  }

  stored(stream: string, id: string): void {
    const key = `${stream} ${id}`
    if (!this.#stored.has(key)) this.#stored.set(key, this.#moment())
  }

  /** A room, or every room, is taken from a user or a session. */
  revoking(who: string, room: string | null, revoke: () => Promise<void>): Promise<void> {
    this.#host.note(room === null ? `${who} is asked about again` : `${room} is taken from ${who}`)
    const revocation = this.#begin()
    this.#revoked.set(`${who} ${room ?? everywhere}`, revocation)
    return this.#finish(revocation, revoke())
  }

  /** The sessions of a user, or one, are ended. */
  kicking(who: string, kick: () => Promise<void>): Promise<void> {
    this.#host.note(`${who} is kicked`)
    const hers = this.#host.clients().filter(({ client }) => `@${client.user}` === who)
    const sessions = who.startsWith('@') ? hers.map(({ client }) => client.session) : [who.slice(1)]
    const revocation = this.#begin()
    for (const session of sessions) if (session !== null) this.#ended.set(session, revocation)
    return this.#finish(revocation, kick())
  }

  handed({ name, client: { user, session } }: Recipient, { address, id, at, durable }: Message): void {
    const stored = this.#stored.get(`${address} ${id}`)
    if (!durable || stored === undefined || session === null) return
    const what = `${name} was handed ${id} at ${at} of ${address}`
    const ended = this.#ended.get(session)
    if (ended?.done && this.#since(stored, ended.done, ended))
      this.#host.violated('I12', `${what}, stored after its session was ended`)
    if (!address.startsWith('#')) return
    const verdicts = this.#of(session, address)
    if (verdicts.allowed === 0)
      return this.#host.violated('I12', `${what}, a room that the policy never let ${user} into`)
    for (const who of [`@${user}`, `~${session}`]) {
      const taken = this.#revoked.get(`${who} ${address}`)
      const checked = this.#revoked.get(`${who} ${everywhere}`)
      if (this.#taken(stored, taken, verdicts) || this.#refused(stored, checked, verdicts))
        this.#host.violated('I12', `${what}, stored after the room was taken from ${who}`)
    }
  }

  #taken(stored: Moment, taken: Revocation | undefined, { allowed }: Verdicts): boolean {
    return taken !== undefined && allowed < taken.asked.count && this.#since(stored, taken.asked, taken)
  }

  /** Whoever is asked about again may stay until the policy has answered; it must be asked. */
  #refused(stored: Moment, checked: Revocation | undefined, { allowed, asked, answered }: Verdicts): boolean {
    if (checked === undefined || allowed > checked.asked.count) return false
    const known = asked > checked.asked.count ? answered : checked.asked.time + longestQueue
    return stored.time > known && this.#since(stored, checked.asked, checked)
  }

  #of(session: string, room: string): Verdicts {
    const key = `${session} ${room}`
    const verdicts = this.#verdicts.get(key) ?? { allowed: 0, asked: 0, answered: 0 }
    this.#verdicts.set(key, verdicts)
    return verdicts
  }

  #begin(): Revocation {
    return { asked: this.#moment(), done: null }
  }

  #finish(revocation: Revocation, done: Promise<void>): Promise<void> {
    done.then(
      () => {
        revocation.done = this.#moment()
      },
      () => {},
    )
    return done
  }

  /** Whether a message was stored when a revocation held: with one hub from a moment on, else a while after it was done. */
  #since(stored: Moment, moment: Moment, { asked, done }: Revocation): boolean {
    if (done === null) return false
    if (this.#host.hubs().length === 1) return stored.count > moment.count
    const known = done.time + bound
    return stored.time > known && !this.#host.lossy(asked.time, known)
  }

  #moment(): Moment {
    return { count: ++this.#count, time: this.#host.time.now }
  }
}
