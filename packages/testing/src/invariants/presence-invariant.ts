import type { AnyContract, Hub, HubOptions, PresenceChange, User } from '@chat/core'
import type { MemoryStore } from '@chat/core/memory'
import type { RunReport } from '../report/run-report.ts'
import type { TimeSpans } from '../time/time-spans.ts'
import type { WatchedClient } from './watched-client.ts'

/** Facts of a world that the invariant reads, and the report that it adds violations to. */
export interface PresenceInvariantOptions {
  readonly time: { readonly now: number }
  /** Clients of the world; grows. */
  readonly clients: readonly WatchedClient[]
  /** Spans in which a hub can miss the renewal of its lease. */
  readonly missedRenewals: TimeSpans
  readonly report: RunReport
}

/** Presence options of a hub, with their defaults. */
interface Rules {
  readonly rooms: (address: string) => boolean | Promise<boolean>
  readonly grace: number
  readonly max: number
}

/** Milliseconds in which a change may still be on its way to the hubs and clients. */
const slack = 1_000
/** Milliseconds for which a missed renewal can have effects: leases last 30 s. */
const longestLease = 60_000

/**
 * Invariant I11: all clients show the same members of a room, those that are present; a client that returns
 * within the grace period has never left.
 */
export class PresenceInvariant {
  readonly #options: PresenceInvariantOptions
  readonly #rules: (Rules | null)[] = []
  readonly #hubs = new Set<Pick<Hub, 'sessions'>>()
  readonly #watched = new Set<string>()
  /** Time at which the last connection of each session ended. */
  readonly #ended = new Map<string, number>()
  /** Member lists that clients show, with the client and room of each. */
  readonly #shown = new Map<
    PresenceChange['presence'],
    { readonly watched: WatchedClient; readonly room: string }
  >()

  constructor(options: PresenceInvariantOptions) {
    this.#options = options
  }

  /** Adds the presence options of a hub, which hold for all its incarnations. */
  addHubOptions<C extends AnyContract, U extends User>({ presence }: HubOptions<C, U>): void {
    if (presence === undefined) this.#rules.push(null)
    else {
      const { rooms = () => true, grace = 10_000, max = 200 } = presence
      this.#rules.push({ rooms, grace, max })
    }
  }

  /** Follows a hub from its start on. */
  hubStarted(hub: Pick<Hub, 'sessions' | 'on'>): void {
    this.#hubs.add(hub)
    hub.on('$disconnect', ({ session }) => this.#ended.set(session.id, this.#options.time.now))
  }

  /** Notes the crash of a hub, which ends its connections. */
  hubCrashed(hub: Pick<Hub, 'sessions'>): void {
    this.#hubs.delete(hub)
    for (const { id } of hub.sessions) this.#ended.set(id, this.#options.time.now)
  }

  /** Watches the store for sessions that leave a room. */
  watchRoom(room: string, store: MemoryStore): void {
    if (this.#watched.has(room) || !this.#hasPresence(room)) return
    this.#watched.add(room)
    store.presence.watch(room, ({ changes }) => {
      for (const { session, member } of changes) if (member === null) this.#left(session, room)
    })
  }

  /** Notes a member list that a client shows. */
  presenceChanged(watched: WatchedClient, { address, presence }: PresenceChange): void {
    this.#shown.set(presence, { watched, room: address })
  }

  /**
   * Checks, after the time for recovery, that the store and all clients show the members that are present.
   */
  checkPresence(store: Pick<MemoryStore, 'presence'>): void {
    const rooms = new Set(this.#options.clients.flatMap(({ client }) => Object.keys(client.positions)))
    for (const room of rooms) {
      if (!this.#hasPresence(room)) continue
      const present = store.presence.members(room, null)?.members ?? []
      this.#compare(
        room,
        'the backplane has',
        present.map(({ session }) => session),
      )
    }
    for (const [presence, { watched, room }] of this.#shown) {
      if (presence.closed || watched.client.status !== 'connected' || !this.#hasPresence(room)) continue
      const { size } = this.#present(room)
      if (size <= this.#smallest('max'))
        this.#compare(room, `${watched.name} shows`, [...presence.members.keys()])
      if (presence.count !== size)
        this.#options.report.addViolation(
          'I11',
          `${watched.name} shows ${presence.count} members in ${room}, where ${size} are present`,
        )
    }
  }

  /** Checks a departure that the store reports. */
  #left(session: string, room: string): void {
    const name = this.#mustStay(session, room)
    if (name !== null)
      this.#options.report.addViolation(
        'I11',
        `${name} (${session}) was removed from ${room}, but was never away for longer than the grace period`,
      )
  }

  #compare(room: string, source: string, sessions: readonly string[]): void {
    const present = this.#present(room)
    const shown = new Set(sessions)
    const ghost = sessions.find((session) => !present.has(session))
    const missing = [...present].find(([session]) => !shown.has(session))
    if (ghost !== undefined)
      this.#options.report.addViolation('I11', `${source} ${ghost} in ${room}, which is not present`)
    if (missing !== undefined)
      this.#options.report.addViolation(
        'I11',
        `${source} no ${missing[1]} (${missing[0]}) in ${room}, who is present`,
      )
  }

  /** Returns the clients that are present in a room: the name of each by its session. */
  #present(room: string): ReadonlyMap<string, string> {
    const present = new Map<string, string>()
    for (const watched of this.#options.clients) {
      const { session, status } = watched.client
      if (status === 'connected' && session !== null && isIn(watched, room))
        present.set(session, watched.name)
    }
    return present
  }

  /**
   * Returns the name of the client whose session must still be a member of a room; `null` when the session
   * may have left.
   */
  #mustStay(session: string, room: string): string | null {
    const { now } = this.#options.time
    const grace = this.#smallest('grace') - slack
    const watched = this.#options.clients.find(({ client }) => client.session === session)
    if (watched === undefined || !isIn(watched, room)) return null
    if ((watched.joinedAt.get(room) ?? now) > now - grace) return null
    const connected = [...this.#hubs].some(({ sessions }) => sessions.some(({ id }) => id === session))
    const last = connected ? now : (this.#ended.get(session) ?? now)
    if (last <= now - grace || this.#options.missedRenewals.overlaps(now - longestLease, now)) return null
    return watched.name
  }

  #hasPresence(room: string): boolean {
    return this.#rules.every((rules) => rules !== null && isTrue(rules.rooms(room)))
  }

  #smallest(rule: 'grace' | 'max'): number {
    return Math.min(...this.#rules.map((rules) => rules?.[rule] ?? Number.POSITIVE_INFINITY))
  }
}

const isIn = ({ client, joinedAt }: WatchedClient, room: string): boolean =>
  joinedAt.has(room) && client.positions[room] !== undefined

/** Rooms whose rule answers later are not followed. The hub reports a rejection. */
function isTrue(answer: boolean | Promise<boolean>): boolean {
  if (typeof answer === 'boolean') return answer
  answer.catch(() => {})
  return false
}
