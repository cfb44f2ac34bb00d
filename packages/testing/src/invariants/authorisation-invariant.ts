import type { AnyContract, AuthorizeRequest, Delivery, HubOptions, User } from '@chat/core'
import type { RunReport } from '../report/run-report.ts'
import type { TimeSpans } from '../time/time-spans.ts'
import type { WatchedClient } from './watched-client.ts'

/** A point in time, with its place in the order of all events. */
interface Moment {
  readonly count: number
  readonly time: number
}

/** A revocation of access. */
interface Revocation {
  /** Moment of the call. */
  readonly asked: Moment
  /**
   * Moment at which the call had succeeded, and the other hubs were told. `null` while the call is pending,
   * and after it has failed.
   */
  done: Moment | null
}

/** Answers of the policy for a session and a room. */
interface PolicyAnswers {
  /** Count of the latest question that was answered with yes; 0 without such a question. */
  allowed: number
  /** Count of the latest question that was answered. */
  asked: number
  /** Time of the latest answer. */
  answered: number
}

/** Facts of a world that the invariant reads, and the report that it adds violations to. */
export interface AuthorisationInvariantOptions {
  readonly time: { readonly now: number }
  /** Hubs of the world; grows. */
  readonly hubs: readonly unknown[]
  /** Clients of the world; grows. */
  readonly clients: readonly WatchedClient[]
  /** Spans in which hints between hubs can get lost. */
  readonly lostHints: TimeSpans
  readonly report: RunReport
}

/** Milliseconds within which every hub knows of a revocation (SEC-25). */
const bound = 2_000
/** Milliseconds for which a question may wait behind earlier operations of the session in that room. */
const longestQueue = 12_000
const everywhere = '*'

/**
 * Invariant I12: a client receives no message that was stored after its access was revoked, and no message of
 * a room that the policy never let it into.
 */
export class AuthorisationInvariant {
  readonly #options: AuthorisationInvariantOptions
  readonly #stored = new Map<string, Moment>()
  readonly #answers = new Map<string, PolicyAnswers>()
  /** Latest revocation for each user or session, by room or for all rooms. */
  readonly #revoked = new Map<string, Revocation>()
  /** Revocations that ended each session. */
  readonly #ended = new Map<string, Revocation>()
  #count = 0

  constructor(options: AuthorisationInvariantOptions) {
    this.#options = options
  }

  /** Returns the options of a hub with a policy that records its answers. */
  watchPolicy<C extends AnyContract, U extends User>(options: HubOptions<C, U>): HubOptions<C, U> {
    const { authorize } = options
    if (authorize === undefined) return options
    const watched = (request: AuthorizeRequest<U, C>): ReturnType<typeof authorize> => {
      // `hub.may` asks without a session, which gets no message.
      if (request.action !== 'join' || request.session === null) return authorize(request)
      const { count } = this.#moment()
      const answers = this.#answersFor(request.session, request.address)
      const answer = authorize(request)
      const note = (allowed: unknown): void => {
        if (allowed === true) answers.allowed = Math.max(answers.allowed, count)
        answers.asked = Math.max(answers.asked, count)
        answers.answered = this.#options.time.now
      }
      if (typeof answer === 'object' && 'then' in answer) answer.then(note, () => note(false))
      else note(answer)
      return answer
    }
    return { ...options, authorize: watched }
  }

  /** Notes the moment at which a message was stored. */
  messageStored(stream: string, id: string): void {
    const key = `${stream} ${id}`
    if (!this.#stored.has(key)) this.#stored.set(key, this.#moment())
  }

  /**
   * Revokes the access of a user or session to a room, or to every room (`null`), and records the moments.
   */
  trackRevocation(who: string, room: string | null, revoke: () => Promise<void>): Promise<void> {
    this.#options.report.note(room === null ? `${who} is asked about again` : `${room} is taken from ${who}`)
    const revocation = this.#begin()
    this.#revoked.set(`${who} ${room ?? everywhere}`, revocation)
    return this.#finish(revocation, revoke())
  }

  /** Ends a session, or all sessions of a user, and records the moments. */
  trackKick(who: string, kick: () => Promise<void>): Promise<void> {
    this.#options.report.note(`${who} is kicked`)
    const own = this.#options.clients.filter(({ client }) => `@${client.user}` === who)
    const sessions = who.startsWith('@') ? own.map(({ client }) => client.session) : [who.slice(1)]
    const revocation = this.#begin()
    for (const session of sessions) if (session !== null) this.#ended.set(session, revocation)
    return this.#finish(revocation, kick())
  }

  /** Checks a message that a client received. */
  messageDelivered(
    { name, client: { user, session } }: WatchedClient,
    { address, id, position }: Delivery,
  ): void {
    const stored = this.#stored.get(`${address} ${id}`)
    if (position === null || stored === undefined || session === null) return
    const delivery = `${name} received ${id} at ${position[1]} of ${address}`
    const ended = this.#ended.get(session)
    if (ended?.done && this.#since(stored, ended.done, ended))
      this.#options.report.addViolation('I12', `${delivery}, stored after its session was ended`)
    if (!address.startsWith('#')) return
    const answers = this.#answersFor(session, address)
    if (answers.allowed === 0)
      return this.#options.report.addViolation(
        'I12',
        `${delivery}, a room that the policy never let ${user} into`,
      )
    for (const who of [`@${user}`, `~${session}`]) {
      const taken = this.#revoked.get(`${who} ${address}`)
      const checked = this.#revoked.get(`${who} ${everywhere}`)
      if (this.#taken(stored, taken, answers) || this.#refused(stored, checked, answers))
        this.#options.report.addViolation('I12', `${delivery}, stored after the room was taken from ${who}`)
    }
  }

  #taken(stored: Moment, taken: Revocation | undefined, { allowed }: PolicyAnswers): boolean {
    return taken !== undefined && allowed < taken.asked.count && this.#since(stored, taken.asked, taken)
  }

  /**
   * Returns `true` for a message stored after the policy answered, or should have answered, a question that a
   * reauthorization made.
   */
  #refused(
    stored: Moment,
    checked: Revocation | undefined,
    { allowed, asked, answered }: PolicyAnswers,
  ): boolean {
    if (checked === undefined || allowed > checked.asked.count) return false
    const known = asked > checked.asked.count ? answered : checked.asked.time + longestQueue
    return stored.time > known && this.#since(stored, checked.asked, checked)
  }

  #answersFor(session: string, room: string): PolicyAnswers {
    const key = `${session} ${room}`
    const answers = this.#answers.get(key) ?? { allowed: 0, asked: 0, answered: 0 }
    this.#answers.set(key, answers)
    return answers
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

  /**
   * Returns `true` for a message stored while a revocation held: from a moment on with one hub, else from a
   * while after the call succeeded.
   */
  #since(stored: Moment, moment: Moment, { asked, done }: Revocation): boolean {
    if (done === null) return false
    if (this.#options.hubs.length === 1) return stored.count > moment.count
    const known = done.time + bound
    return stored.time > known && !this.#options.lostHints.overlaps(asked.time, known)
  }

  #moment(): Moment {
    return { count: ++this.#count, time: this.#options.time.now }
  }
}
