import type { Runtime, Undo } from '@chat/core'
import type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from '@chat/core/backplane'
import type { Argument } from './connection.ts'
import { Lines, oneLine } from './entry.ts'
import type { Keys, RoomKeys } from './keys.ts'
import { presenceClean } from './scripts/presence-clean.ts'
import { presenceEnter } from './scripts/presence-enter.ts'
import { presenceLease } from './scripts/presence-lease.ts'
import { presenceLeave } from './scripts/presence-leave.ts'
import { presenceMembers } from './scripts/presence-members.ts'
import type { Script } from './scripts/script.ts'
import type { Server } from './server.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Rooms that one renewal of a lease names of each node whose lease has run out. */
const roomsAtOnce = 200

type MembersReply = [epoch: string, revision: number, fields?: string[]]

/** Parts of a {@link RedisPresenceStore}. */
export interface PresenceParts {
  readonly server: Server
  readonly keys: Keys
  readonly subscriptions: Subscriptions
  readonly runtime: Runtime
  /** Duration for which the epoch of a partition is kept after its last use, in milliseconds. */
  readonly ttl: number
}

/** The members of rooms, in partitions. A node has a lease in each. */
export class RedisPresenceStore implements PresenceStore {
  readonly #parts: PresenceParts
  /** The time at which the rooms of each node were kept. */
  readonly #kept = new Map<string, number>()

  constructor(parts: PresenceParts) {
    this.#parts = parts
  }

  async lease(node: string, { ttl, keep }: PresenceLease): Promise<void> {
    const { keys } = this.#parts
    const asks = this.#asks(node) ? 'own' : ''
    const lease = [JSON.stringify(node), whole(ttl), whole(keep), roomsAtOnce, asks]
    await Promise.all(keys.partitions().map((partition, index) => this.#lease(index, partition, lease)))
  }

  async enter(
    room: string,
    sessions: readonly EnteringSession[],
    lease: PresenceLease,
  ): Promise<PresencePage> {
    const entering = sessions.flatMap(({ session, generation, node, user, state }) => [
      ...[JSON.stringify(session), generation, JSON.stringify(node), JSON.stringify(user)],
      state === undefined ? '' : `=${oneLine(state)}`,
    ])
    const args = [whole(lease.ttl), whole(lease.keep), ...entering]
    const reply = await this.#run(presenceEnter, this.#parts.keys.room(room), args)
    const [epoch, revision, records] = reply as [string, number, string[]]
    const members = records.map((record, index) =>
      decodeMember(sessions[index]?.session ?? '', new Lines(record)),
    )
    return { epoch, revision, members }
  }

  async leave(room: string, session: string, generation: number, keep: number): Promise<PresenceRevision> {
    const args = [JSON.stringify(session), generation, whole(keep)]
    const reply = await this.#run(presenceLeave, this.#parts.keys.room(room), args)
    const [epoch, revision] = reply as [string, number]
    return { epoch, revision }
  }

  async members(room: string, known: PresenceRevision | null): Promise<PresencePage | null> {
    const keys = this.#parts.keys.room(room)
    await this.#parts.subscriptions.opened(keys.channel)
    const reply = await this.#run(presenceMembers, keys, [known?.epoch ?? '', known?.revision ?? -1])
    const [epoch, revision, fields] = reply as MembersReply
    return fields === undefined ? null : { epoch, revision, members: decodeMembers(fields) }
  }

  watch(room: string, listener: (hint: PresenceHint) => void): Undo {
    return this.#parts.subscriptions.listen(this.#parts.keys.room(room).channel, (text) => {
      const hint = text[0] === 'p' ? readHint(text) : null
      if (hint !== null) listener(hint)
    })
  }

  async #lease(index: number, partition: readonly string[], lease: readonly Argument[]): Promise<void> {
    const { keys, server, ttl } = this.#parts
    const args = [server.clock(), server.ids.next(), ttl, ...lease]
    const [left, own] = (await server.run(presenceLease, partition, args)) as [string[], string[]]
    for (const room of left) await this.#clean(index, room)
    for (let from = 0; from < own.length; from += roomsAtOnce)
      await Promise.all(
        own
          .slice(from, from + roomsAtOnce)
          .map((room) => server.call('pexpire', keys.roomOf(index, room).members, ttl)),
      )
  }

  /** Tells if a third of the time for which the rooms of a node are kept is over. */
  #asks(node: string): boolean {
    const now = this.#parts.runtime.now()
    const kept = this.#kept.get(node)
    if (kept !== undefined && now - kept < this.#parts.ttl / 3) return false
    this.#kept.set(node, now)
    return kept !== undefined
  }

  /** Removes the sessions of nodes whose lease has run out from a room. */
  async #clean(index: number, room: string): Promise<void> {
    await this.#run(presenceClean, this.#parts.keys.roomOf(index, room), [])
  }

  #run(script: Script, { keys, room, channel }: RoomKeys, args: readonly Argument[]): Promise<unknown> {
    const { server, ttl } = this.#parts
    const common = [server.clock(), server.ids.next(), ttl, room, channel, server.publishCommand]
    return server.run(script, keys, [...common, ...args])
  }
}

function decodeMembers(fields: readonly string[]): PresentSession[] {
  const members: PresentSession[] = []
  for (let n = 0; n + 1 < fields.length; n += 2) {
    const [field = '', record = ''] = [fields[n], fields[n + 1]]
    if (field.startsWith('s'))
      members.push(decodeMember(JSON.parse(field.slice(1)) as string, new Lines(record)))
  }
  return members
}

/** Reads a record: generation, node, id of its incarnation, user, state. */
function decodeMember(session: string, lines: Lines, generation = lines.next()): PresentSession {
  const node = JSON.parse(lines.next()) as string
  lines.next()
  const user = JSON.parse(lines.next()) as string
  return { session, user, state: lines.next(), generation: Number(generation), node }
}

/** Reads a hint; `null` for a text of another program. */
function readHint(text: string): PresenceHint | null {
  try {
    return decodePresenceHint(text)
  } catch {
    return null
  }
}

/** Reads a hint: epoch, revision before, revision, and for each change a session with its record or nothing. */
function decodePresenceHint(text: string): PresenceHint {
  const lines = new Lines(text, 1)
  const epoch = lines.next()
  const [prev, revision] = [Number(lines.next()), Number(lines.next())]
  const changes: { session: string; member: PresentSession | null }[] = []
  while (!lines.done) {
    const session = JSON.parse(lines.next()) as string
    const generation = lines.next()
    const member = generation === '' ? null : decodeMember(session, lines, generation)
    changes.push({ session, member })
  }
  return { epoch, prev, revision, changes }
}

/** Redis takes durations in whole milliseconds. */
const whole = (duration: number): number => Math.max(0, Math.ceil(duration))
