import type { AnyContract, Client, Hub, HubOptions, PresenceChange, User } from '@chat/core'
import type { MemoryStore } from '@chat/core/memory'
import type { Spans } from '../time/time-spans.ts'

/** Somebody who may be in a room. */
interface Visitor {
  readonly name: string
  readonly client: Pick<Client, 'session' | 'status' | 'positions'>
  /** Since when the client wants to be in each room. */
  readonly since: ReadonlyMap<string, number>
}

/** What the invariant needs of its world. */
export interface AttendanceHost {
  readonly time: { readonly now: number }
  clients(): readonly Visitor[]
  /** When a hub could not renew its lease. */
  readonly silence: Spans
  violated(invariant: string, what: string): void
}

/** Which rooms of a hub have presence, and how. */
interface Rules {
  readonly rooms: (address: string) => boolean
  readonly grace: number
  readonly max: number
}

/** What happens at once takes a while to be known, and to be told. */
const slack = 1_000
/** For so long something that went wrong with the leases has effects: they last 30 s. */
const longestLease = 60_000

/**
 * I11: everyone is shown the same members of a room, and they are those who are there; who comes back within the grace has never left.
 *
 * @internal
 */
export class Attendance {
  readonly #host: AttendanceHost
  readonly #rules: (Rules | null)[] = []
  readonly #hubs = new Set<Pick<Hub, 'sessions'>>()
  readonly #watched = new Set<string>()
  /** When the last connection of each session ended. */
  readonly #ended = new Map<string, number>()
  /** What clients show of a room, with who shows it. */
  readonly #shown = new Map<
    PresenceChange['presence'],
    { readonly visitor: Visitor; readonly room: string }
  >()

  constructor(host: AttendanceHost) {
    this.#host = host
  }

  /** How a hub is set up, whatever incarnations it has. */
  declare<C extends AnyContract, U extends User>({ presence }: HubOptions<C, U>): void {
    const defaults = { rooms: () => true, grace: 10_000, max: 200 }
    this.#rules.push(presence === undefined ? null : { ...defaults, ...presence })
  }

  started(hub: Pick<Hub, 'sessions' | 'on'>): void {
    this.#hubs.add(hub)
    hub.on('$disconnect', ({ session }) => this.#ended.set(session.id, this.#host.time.now))
  }

  crashed(hub: Pick<Hub, 'sessions'>): void {
    this.#hubs.delete(hub)
    for (const { id } of hub.sessions) this.#ended.set(id, this.#host.time.now)
  }

  /** Somebody wants to be in a room: from now on the store is watched for who leaves it. */
  entering(room: string, store: MemoryStore): void {
    if (this.#watched.has(room) || !this.#has(room)) return
    this.#watched.add(room)
    store.presence.watch(room, ({ changes }) => {
      for (const { session, member } of changes) if (member === null) this.#left(session, room)
    })
  }

  /** A client shows that something has changed. */
  changed(visitor: Visitor, { address, presence }: PresenceChange): void {
    this.#shown.set(presence, { visitor, room: address })
  }

  /** When everything had time to recover, everyone is shown who is there. */
  check(store: Pick<MemoryStore, 'presence'>): void {
    const rooms = new Set(this.#host.clients().flatMap(({ client }) => Object.keys(client.positions)))
    for (const room of rooms) {
      if (!this.#has(room)) continue
      const present = store.presence.members(room, null)?.members ?? []
      this.#compare(
        room,
        'the backplane has',
        present.map(({ session }) => session),
      )
    }
    for (const [presence, { visitor, room }] of this.#shown) {
      if (presence.closed || visitor.client.status !== 'connected' || !this.#has(room)) continue
      const { size } = this.#here(room)
      if (size <= this.#least('max'))
        this.#compare(room, `${visitor.name} shows`, [...presence.members.keys()])
      if (presence.count !== size)
        this.#host.violated('I11', `${visitor.name} shows ${presence.count} in ${room}, where ${size} are`)
    }
  }

  /** The hubs agree that a session has left. */
  #left(session: string, room: string): void {
    const name = this.#stays(session, room)
    if (name !== null)
      this.#host.violated(
        'I11',
        `${name} (${session}) counts as gone from ${room}, and never was away for longer than the grace`,
      )
  }

  #compare(room: string, who: string, sessions: readonly string[]): void {
    const here = this.#here(room)
    const shown = new Set(sessions)
    const ghost = sessions.find((session) => !here.has(session))
    const missing = [...here].find(([session]) => !shown.has(session))
    if (ghost !== undefined) this.#host.violated('I11', `${who} ${ghost} in ${room}, which is not there`)
    if (missing !== undefined)
      this.#host.violated('I11', `${who} no ${missing[1]} (${missing[0]}) in ${room}, where it is`)
  }

  /** Who is in a room: the name of each client by its session. */
  #here(room: string): ReadonlyMap<string, string> {
    const here = new Map<string, string>()
    for (const visitor of this.#host.clients()) {
      const { session, status } = visitor.client
      if (status === 'connected' && session !== null && isIn(visitor, room)) here.set(session, visitor.name)
    }
    return here
  }

  /** Whose session has been in a room all the time, but for less than the grace; `null` for nobody's. */
  #stays(session: string, room: string): string | null {
    const { now } = this.#host.time
    const grace = this.#least('grace') - slack
    const visitor = this.#host.clients().find(({ client }) => client.session === session)
    if (visitor === undefined || !isIn(visitor, room)) return null
    if ((visitor.since.get(room) ?? now) > now - grace) return null
    const connected = [...this.#hubs].some(({ sessions }) => sessions.some(({ id }) => id === session))
    const last = connected ? now : (this.#ended.get(session) ?? now)
    if (last <= now - grace || this.#host.silence.touch(now - longestLease, now)) return null
    return visitor.name
  }

  #has(room: string): boolean {
    return this.#rules.every((rules) => rules?.rooms(room) === true)
  }

  #least(rule: 'grace' | 'max'): number {
    return Math.min(...this.#rules.map((rules) => rules?.[rule] ?? Number.POSITIVE_INFINITY))
  }
}

const isIn = ({ client, since }: Visitor, room: string): boolean =>
  since.has(room) && client.positions[room] !== undefined
