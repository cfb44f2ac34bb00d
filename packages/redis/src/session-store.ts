import type { SessionRecord, SessionStore, TakeAttempt, TakeResult } from '@chat/core/backplane'
import { decodeId } from './entry.ts'
import type { Keys } from './keys.ts'
import { sessionConfirm } from './scripts/session-confirm.ts'
import { sessionDrop } from './scripts/session-drop.ts'
import { sessionPut } from './scripts/session-put.ts'
import { sessionRenew } from './scripts/session-renew.ts'
import { sessionTake } from './scripts/session-take.ts'
import type { Server } from './server.ts'

type TakeReply = [0] | [1] | [2, generation: number, lastRef: number, node: string, mark: string]
type RenewReply = [0] | [1] | [2, mark: string]

/**
 * The records of sessions, by id. A user has a mark: a record that was put under another mark is dropped. So all
 * records of a user are dropped by a new mark, wherever they are.
 */
export class RedisSessionStore implements SessionStore {
  readonly #server: Server
  readonly #keys: Keys
  /** Duration for which a mark is kept, in milliseconds: longer than a record that it has dropped. */
  #markTime: number

  readonly #onTime: (time: number) => void

  /**
   * @param times - The least duration for which a mark is kept, and the callback that gets the duration for
   * which records are kept.
   */
  constructor(
    server: Server,
    keys: Keys,
    { markTime, onTime }: { readonly markTime: number; readonly onTime: (time: number) => void },
  ) {
    this.#server = server
    this.#keys = keys
    this.#markTime = markTime
    this.#onTime = onTime
  }

  async put({ id, user, secret }: SessionRecord, node: string, ttl: number): Promise<void> {
    this.#note(ttl)
    const mark = (await this.#mark(user)) ?? ''
    const args = [JSON.stringify(user), secret, JSON.stringify(node), mark, whole(ttl)]
    await this.#server.run(sessionPut, [this.#keys.session(id)], args)
  }

  async take(id: string, attempt: TakeAttempt, ttl: number): Promise<TakeResult> {
    const { user, secret, n, next, node } = attempt
    this.#note(ttl)
    const args = [JSON.stringify(user), secret, n, next, JSON.stringify(node), whole(ttl)]
    const [reply, current] = await Promise.all([
      this.#server.run(sessionTake, [this.#keys.session(id)], args) as Promise<TakeReply>,
      this.#mark(user),
    ])
    if (reply[0] === 0) return { outcome: 'unknown' }
    if (reply[0] === 1) return { outcome: 'stale' }
    const [, generation, lastRef, before, mark] = reply
    if (isDropped(mark, current)) return { outcome: 'unknown' }
    return { outcome: 'taken', generation, lastRef, node: decodeId(before) }
  }

  async confirm(id: string, generation: number): Promise<void> {
    await this.#server.run(sessionConfirm, [this.#keys.session(id)], [generation])
  }

  async renew(
    { id, user }: { readonly id: string; readonly user: string },
    generation: number,
    lastRef: number,
    ttl: number,
  ): Promise<boolean> {
    this.#note(ttl)
    const args = [JSON.stringify(user), generation, lastRef, whole(ttl)]
    const [reply, current] = await Promise.all([
      this.#server.run(sessionRenew, [this.#keys.session(id)], args) as Promise<RenewReply>,
      this.#mark(user),
    ])
    if (reply[0] === 2) return !isDropped(reply[1], current)
    return reply[0] === 0
  }

  async find(id: string): Promise<{ readonly user: string; readonly node: string | null } | null> {
    const fields = await this.#server.call('hmget', this.#keys.session(id), 'u', 'n', 'k', 'x')
    const [text, node, mark, dropped] = fields as (string | null)[]
    if (text == null || dropped != null) return null
    const user = JSON.parse(text) as string
    if (isDropped(mark ?? '', await this.#mark(user))) return null
    return { user, node: decodeId(node ?? '') }
  }

  async drop(which: { readonly id: string } | { readonly user: string }): Promise<void> {
    if ('id' in which) await this.#server.run(sessionDrop, [this.#keys.session(which.id)], [])
    else {
      const mark = this.#server.ids.next()
      await this.#server.call('set', this.#keys.user(which.user), mark, 'PX', whole(this.#markTime))
    }
  }

  async #mark(user: string): Promise<string | null> {
    return (await this.#server.call('get', this.#keys.user(user))) as string | null
  }

  #note(ttl: number): void {
    this.#markTime = Math.max(this.#markTime, 2 * ttl)
    this.#onTime(ttl)
  }
}

/** A mark that has expired is older than any record that it has dropped. */
const isDropped = (mark: string, current: string | null): boolean => current !== null && current !== mark

/** Redis takes durations in whole milliseconds, and above 0. */
const whole = (duration: number): number => Math.max(1, Math.ceil(duration))
