import type { AnyContract, PresenceInput, PresenceState } from '../../contract/contract.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { count, integer, record, text } from '../../protocol/fields.ts'
import { markRaw } from '../../runtime/mark-raw.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { checkOptions, describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { ChatError, UncertainError, UsageError } from '../../vocabulary/errors.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import type { Presence, PresenceChange } from '../presence.ts'
import { isRoom } from './is-room.ts'
import type { PresenceWatcher } from './receiver.ts'
import type { Room, RoomHandle, RoomServices } from './room.ts'

/** Options of {@link watchPresence}. */
export interface WatchPresenceOptions<State = unknown, Shown = State> {
  /** Called after each change. An error that it throws is the client's `$error`. Default: none. */
  readonly onChange?: ((change: PresenceChange<State, Shown>) => void) | undefined
  /**
   * Number of members above which the client asks for the first hundred and only counts the rest, as
   * `presence.max` of the hub. Default: 200.
   */
  readonly max?: number | undefined
}

const watchOptionNames: OptionNames<WatchPresenceOptions> = { onChange: true, max: true }

/** Wait before the members are requested again after a temporary error, in milliseconds. */
const retryDelay = 1_000

/**
 * Shows the members of a room. The hub must have presence for the room; without it the list stays empty. The states
 * have the type of the contract's `presence`, and with validators their output. A state that does not pass is `null`,
 * and its error the client's `$error`.
 *
 * @throws UsageError when `room` is not a room's handle or was left, or an option does not exist or has a wrong value.
 *
 * ```ts
 * const lobby = client.join('#lobby', { state: { name: 'Ann' } })
 * const here = watchPresence(lobby, { onChange: ({ presence }) => show([...presence.users.keys()]) })
 * ```
 */
export function watchPresence<C extends AnyContract>(
  room: Room<C>,
  options?: WatchPresenceOptions<PresenceState<C>, PresenceInput<C>>,
): Presence<PresenceState<C>, PresenceInput<C>>
/** Shows the members of a room whose contract has no `presence`; `State` is the type that the application expects. */
export function watchPresence<State = unknown>(
  room: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'>,
  options?: WatchPresenceOptions<State>,
): Presence<State>
export function watchPresence(
  room: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'>,
  options: WatchPresenceOptions = {},
): Presence {
  if (!isRoom(room)) throw new UsageError('unable to watch presence: give a room, as client.join returns it')
  room.check('watch presence')
  checkOptions('watch presence', options, watchOptionNames)
  const { onChange, max = 200 } = options
  if (onChange !== undefined && typeof onChange !== 'function')
    throw new UsageError(
      `unable to watch presence: the option 'onChange' is not a function, but ${describe(onChange)}`,
    )
  if (typeof max !== 'number' || !(max >= 0))
    throw new UsageError(
      `unable to watch presence: the option 'max' is not a number of members, but ${describe(max)}`,
    )
  return new Watcher(room, max, onChange)
}

class Watcher implements Presence, PresenceWatcher {
  /** Replaced when it changes, so that a view that holds it notices. */
  members: ReadonlyMap<string, PresenceMember> = new Map()
  #users: { readonly of: Presence['members']; readonly users: Presence['users'] } | null = null
  count = 0
  closed = false
  readonly #room: RoomHandle
  readonly #address: string
  readonly #services: RoomServices
  readonly #max: number
  readonly #onChange: WatchPresenceOptions['onChange']
  readonly #unwatch: Undo
  #version: number | null = null
  /** Number of the last request: answers to earlier requests are dropped. */
  #request = 0
  #retry: Undo | null = null

  constructor(room: RoomHandle, max: number, onChange: WatchPresenceOptions['onChange']) {
    const { address, services } = room
    this.#room = room
    this.#address = address
    this.#services = services
    this.#max = max
    this.#onChange = onChange
    markRaw(this)
    // The hub has removed this client from the room, which another handle may have joined again.
    this.closed = room.ended !== null
    const { watchers, joined } = room.subscription
    if (!this.closed) watchers.add(this)
    room.watchers.add(this)
    this.#unwatch = () => {
      room.watchers.delete(this)
      watchers.delete(this)
    }
    if (!this.closed && joined) this.entered(null)
  }

  get users(): Presence['users'] {
    if (this.#users?.of === this.members) return this.#users.users
    const users = new Map<string, PresenceMember[]>()
    for (const member of this.members.values()) {
      const devices = users.get(member.user)
      if (devices === undefined) users.set(member.user, [member])
      else devices.push(member)
    }
    this.#users = { of: this.members, users }
    return users
  }

  set(state: unknown = null): void {
    this.#room.check('set the presence state')
    if (this.#room.ended !== null) return
    this.#services.subscriptions.checkState(this.#address, state)
    this.#services.writer.checkSize(JSON.stringify([this.#address, state]))
    this.#room.subscription.setState(state)
  }

  close(): void {
    this.closed = true
    this.#retry?.()
    this.#unwatch()
  }

  /** The room was left, so its members are no longer known. */
  ended(): void {
    this.close()
    const left = [...this.members.values()]
    this.members = new Map()
    this.count = 0
    if (left.length > 0) this.#tell([], left)
  }

  entered(answer: unknown): void {
    this.#version = null
    if (answer === null) return this.#readMembers()
    if (record(answer, 'answer')['version'] !== undefined) this.#takePage(answer, ++this.#request)
  }

  /** After a skipped version the members are requested again (P-PR-2). */
  changed(frame: readonly unknown[]): void {
    const version = integer(frame[2], 'version')
    if (this.#version === null || version <= this.#version) return
    if (version > this.#version + 1) return this.#readMembers()
    this.#version = version
    const joined = list(frame[3]).map((member) => this.#parse(member))
    const left = list(frame[4]).flatMap((session) => this.members.get(text(session, 'session')) ?? [])
    const before = this.members.size
    this.#change(joined, left)
    this.count =
      frame[5] === undefined ? this.count + this.members.size - before : count(frame[5], 'count', 0)
    if (joined.length + left.length > 0 || frame[5] !== undefined) this.#tell(joined, left)
  }

  /** Requests the members after the session `after`, or all of them. */
  #readMembers(after?: string): void {
    const request = after === undefined ? ++this.#request : this.#request
    if (after === undefined) this.#version = null
    const { context, writer } = this.#services
    writer.add({
      repeat: 'bound',
      frame: (ref) => encodeFrame('who', ref, this.#address, after === undefined ? undefined : { after }),
      resolve: (answer) => this.#takePage(answer, request, after),
      reject: (error) => {
        // After a lost connection the members are requested again on the next connection.
        if (this.closed || request !== this.#request || error instanceof UncertainError) return
        if (!(error instanceof ChatError) || error.code === 'unsupported' || error.code === 'closed') return
        if (!error.retryable) return context.reportError(error, this.#address)
        this.#retry?.()
        this.#retry = context.runtime.timer(error.retryAfter ?? retryDelay, () => this.#readMembers())
      },
    })
  }

  /**
   * Takes a page of members, in the order of their sessions: a known member that belongs on this page and is
   * not there has left.
   */
  #takePage(given: unknown, request: number, after = ''): void {
    if (this.closed || request !== this.#request) return
    const answer = record(given, 'answer')
    const members = list(answer['members']).map((member) => this.#parse(member))
    const more = answer['more'] === true
    const here = new Set(members.map(({ session }) => session))
    const last = members.at(-1)?.session
    if (after === '') this.#version = count(answer['version'], 'version', 0)
    this.count = count(answer['count'], 'count', 0)
    const end = more && this.count <= this.#max ? last : undefined
    const gone = (session: string): boolean =>
      session > after && !(end !== undefined && session > end) && !here.has(session)
    const left = [...this.members.values()].filter(({ session }) => gone(session))
    const joined = members.filter((member) => !same(this.members.get(member.session), member))
    this.#change(joined, left)
    if (joined.length + left.length > 0) this.#tell(joined, left)
    if (end !== undefined) this.#readMembers(end)
  }

  #change(joined: readonly PresenceMember[], left: readonly PresenceMember[]): void {
    if (joined.length + left.length === 0) return
    const members = new Map(this.members)
    for (const { session } of left) members.delete(session)
    for (const member of joined) members.set(member.session, member)
    this.members = members
  }

  #parse(value: unknown): PresenceMember {
    const [session, user, state] = list(value)
    return {
      session: text(session, 'session'),
      user: text(user, 'user'),
      state: this.#validated(state ?? null),
    }
  }

  #validated(state: unknown): unknown {
    const { context } = this.#services
    try {
      return context.validator.state(state)
    } catch (error) {
      context.reportError(error, `${this.#address} presence`)
      return null
    }
  }

  #tell(joined: readonly PresenceMember[], left: readonly PresenceMember[]): void {
    const change = { address: this.#address, presence: this, joined, left }
    const { context } = this.#services
    context.observe('presence', change)
    attempt(
      () => this.#onChange?.(change),
      () => {},
      (error) => context.reportError(error, `${this.#address} presence`),
    )
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const same = (a: PresenceMember | undefined, b: PresenceMember): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
