import type { AnyContract } from '../../contract/contract.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { count, integer, record, text } from '../../protocol/fields.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { ChatError, UncertainError, UsageError } from '../../vocabulary/errors.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import { type Room, RoomHandle, type RoomHost } from './room.ts'
import type { PresenceWatcher } from './subscription.ts'

/** What has changed among those who are here. */
export interface PresenceChange<State = unknown> {
  /** The room. */
  readonly address: string
  /** Who is here now. */
  readonly presence: Presence<State>
  /** Who has come, or says something else of itself. */
  readonly joined: readonly PresenceMember<State>[]
  /** Who has gone. */
  readonly left: readonly PresenceMember<State>[]
}

/** Who is in a room, as {@link presence} shows it. While the client is not connected it stays as it was; when the room is left nobody is here. */
export interface Presence<State = unknown> {
  /** The members by session. In a crowd that the hub only counts these are some who were here. */
  readonly members: ReadonlyMap<string, PresenceMember<State>>
  /** The same, by user: who is here with several devices is here once. */
  readonly users: ReadonlyMap<string, readonly PresenceMember<State>[]>
  /** How many sessions are here, also where they are only counted. */
  readonly count: number
  /**
   * Says something else of this client, to everyone here; said again in sessions to come. Why the hub would not take it comes as the client's `$error`.
   *
   * @throws ChatError `too_large` when the state is over what a frame may have.
   */
  set(state: State): void
  /** Whether it shows nothing any more: it was closed, or the room was left. */
  readonly closed: boolean
  /** Shows nothing any more. */
  close(): void
}

/** How much a client wants to know of who is here. */
export interface WatchPresenceOptions {
  /** Above how many members only the first hundred are asked for, and the others are counted: as `presence.max` of the hub. Default: 200. */
  readonly max?: number | undefined
}

const retryDelay = 1_000

/**
 * Shows who is in a room. The hub must have presence for it; otherwise nobody is here. `changed` is called after each change; what
 * it throws is the client's `$error`.
 *
 * @throws UsageError when `room` is not a room's handle.
 *
 * ```ts
 * const lobby = client.join('#lobby', { state: { name: 'Ann' } })
 * const here = presence(lobby, () => show([...here.users.keys()]))
 * ```
 */
export function presence<State = unknown>(
  room: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'>,
  changed: (change: PresenceChange<State>) => void = () => {},
  { max = 200 }: WatchPresenceOptions = {},
): Presence<State> {
  if (!(room instanceof RoomHandle))
    throw new UsageError('unable to show who is here: presence takes a room, as client.join gives it')
  return new Watcher(room, max, changed as (change: PresenceChange) => void) as Presence<State>
}

class Watcher implements Presence, PresenceWatcher {
  readonly members: Map<string, PresenceMember> = new Map()
  count = 0
  closed = false
  readonly #address: string
  readonly #host: RoomHost
  readonly #max: number
  readonly #changed: (change: PresenceChange) => void
  readonly #unwatch: Undo
  #version: number | null = null
  /** Counts the questions: an answer to an older one is nobody's. */
  #asked = 0
  #retry: Undo | null = null

  constructor({ address, host }: RoomHandle, max: number, changed: (change: PresenceChange) => void) {
    this.#address = address
    this.#host = host
    this.#max = max
    this.#changed = changed
    this.#unwatch = host.watch(address, this)
  }

  get users(): ReadonlyMap<string, readonly PresenceMember[]> {
    const users = new Map<string, PresenceMember[]>()
    for (const member of this.members.values()) {
      const devices = users.get(member.user)
      if (devices === undefined) users.set(member.user, [member])
      else devices.push(member)
    }
    return users
  }

  set(state: unknown): void {
    this.#host.state(this.#address, state)
  }

  close(): void {
    this.closed = true
    this.#retry?.()
    this.#unwatch()
  }

  /** The room was left: nobody can say who is here. */
  ended(): void {
    this.close()
    const left = [...this.members.values()]
    this.members.clear()
    this.count = 0
    if (left.length > 0) this.#tell([], left)
  }

  entered(answer: unknown): void {
    this.#version = null
    if (answer === null) return this.#ask()
    if (record(answer, 'answer')['version'] !== undefined) this.#take(answer, ++this.#asked)
  }

  /** A version that is skipped, and a resume, are answered by asking who is here (P-PR-2). */
  changed(frame: readonly unknown[]): void {
    const version = integer(frame[2], 'version')
    if (this.#version === null || version <= this.#version) return
    if (version > this.#version + 1) return this.#ask()
    this.#version = version
    const joined = list(frame[3]).map(member)
    const left = list(frame[4]).flatMap((session) => this.members.get(text(session, 'session')) ?? [])
    for (const { session } of left) this.members.delete(session)
    const fresh = joined.filter(({ session }) => !this.members.has(session))
    for (const one of joined) this.members.set(one.session, one)
    this.count =
      frame[5] === undefined ? this.count + fresh.length - left.length : count(frame[5], 'count', 0)
    if (joined.length + left.length > 0 || frame[5] !== undefined) this.#tell(joined, left)
  }

  #ask(after?: string): void {
    const asked = after === undefined ? ++this.#asked : this.#asked
    if (after === undefined) this.#version = null
    this.#host.add({
      publishes: false,
      repeat: 'bound',
      counts: true,
      frame: (ref) => encodeFrame('who', ref, this.#address, after === undefined ? undefined : { after }),
      resolve: (answer) => this.#take(answer, asked, after),
      reject: (error) => {
        // On the next connection it is asked anew.
        if (this.closed || asked !== this.#asked || error instanceof UncertainError) return
        if (!(error instanceof ChatError) || error.code === 'unsupported' || error.code === 'closed') return
        if (!error.retryable) return this.#host.fault(error, this.#address)
        this.#retry?.()
        this.#retry = this.#host.later(error.retryAfter ?? retryDelay, () => this.#ask())
      },
    })
  }

  /** Everything in an answer is as of now: who should be on this page, and is not, is gone. */
  #take(given: unknown, asked: number, after = ''): void {
    if (this.closed || asked !== this.#asked) return
    const answer = record(given, 'answer')
    const members = list(answer['members']).map(member)
    const more = answer['more'] === true
    const here = new Set(members.map(({ session }) => session))
    const last = members.at(-1)?.session
    if (after === '') this.#version = count(answer['version'], 'version', 0)
    this.count = count(answer['count'], 'count', 0)
    const end = more && this.count <= this.#max ? last : undefined
    const gone = (session: string): boolean =>
      session > after && !(end !== undefined && session > end) && !here.has(session)
    const left = [...this.members.values()].filter(({ session }) => gone(session))
    const joined = members.filter((one) => !same(this.members.get(one.session), one))
    for (const { session } of left) this.members.delete(session)
    for (const one of members) this.members.set(one.session, one)
    if (joined.length + left.length > 0) this.#tell(joined, left)
    if (end !== undefined) this.#ask(end)
  }

  #tell(joined: readonly PresenceMember[], left: readonly PresenceMember[]): void {
    const change = { address: this.#address, presence: this, joined, left }
    this.#host.observed(change)
    try {
      this.#changed(change)
    } catch (error) {
      this.#host.fault(error, `${this.#address} presence`)
    }
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function member(value: unknown): PresenceMember {
  const [session, user, state] = list(value)
  return { session: text(session, 'session'), user: text(user, 'user'), state: state ?? null }
}

const same = (a: PresenceMember | undefined, b: PresenceMember): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
