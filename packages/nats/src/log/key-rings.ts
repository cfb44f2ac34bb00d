import type { AppendKey, AppendResult } from '@chat/core/backplane'
import { type LogMessage, toOffset } from './log-state.ts'

interface Known {
  readonly hash: string
  readonly answer: AppendResult & { readonly outcome: 'duplicate' }
}

/** The refs of a session, in the order in which they were stored. */
interface Ring {
  readonly refs: Map<number, Known>
  greatest: number
  /** The time of the newest message. */
  time: number
}

const conflict: AppendResult = { outcome: 'conflict' }

/**
 * The keys of a log's newest messages, by which repetitions are recognised (P-PB-2). Every node that reads the
 * messages comes to the same rings.
 */
export class KeyRings {
  /** The rings in the order of their newest messages. */
  readonly #rings = new Map<string, Ring>()
  readonly #lifetime: () => number

  /** @param lifetime - Returns the milliseconds after its newest message after which a ring is forgotten. */
  constructor(lifetime: () => number) {
    this.#lifetime = lifetime
  }

  /** Number of sessions that are remembered. */
  get size(): number {
    return this.#rings.size
  }

  /** Remembers the entries of a message. */
  record({ sequence, before: { epoch }, entries }: LogMessage): void {
    for (const [index, { id, time, by, hash, ref, window, ...key }] of entries.entries()) {
      const ring = this.#renew(ringName(key), time)
      const at = toOffset(sequence, index)
      ring.refs.set(ref, { hash, answer: { outcome: 'duplicate', epoch, at, id, time, by } })
      ring.greatest = Math.max(ring.greatest, ref)
      forgetOldest(ring, window)
    }
  }

  /** Returns the answer to a key that is known, or too old to be known; `null` for a new key. */
  find(key: AppendKey, now: number): AppendResult | null {
    const ring = this.#living(key, now)
    if (ring === undefined) return null
    const known = ring.refs.get(key.ref)
    if (known === undefined) return key.ref < ring.greatest ? conflict : null
    return known.hash === key.hash ? known.answer : conflict
  }

  /** Returns the greatest ref of a session; 0 when the session is unknown. */
  greatest(key: AppendKey, now: number): number {
    return this.#living(key, now)?.greatest ?? 0
  }

  /** Forgets all keys. */
  clear(): void {
    this.#rings.clear()
  }

  /** Forgets the rings that have expired. */
  sweep(now: number): void {
    for (const [name, ring] of this.#rings) {
      if (now - ring.time <= this.#lifetime()) return
      this.#rings.delete(name)
    }
  }

  #living(key: AppendKey, now: number): Ring | undefined {
    const ring = this.#rings.get(ringName(key))
    return ring === undefined || now - ring.time > this.#lifetime() ? undefined : ring
  }

  #renew(name: string, time: number): Ring {
    const known = this.#rings.get(name)
    const living = known !== undefined && time - known.time <= this.#lifetime()
    const ring = living ? known : { refs: new Map(), greatest: 0, time }
    ring.time = time
    if (known !== undefined) this.#rings.delete(name)
    this.#rings.set(name, ring)
    return ring
  }
}

/** Keeps at least a window of refs, and removes a window at once. */
function forgetOldest({ refs }: Ring, window: number): void {
  if (refs.size <= 2 * window) return
  for (const ref of refs.keys()) {
    if (refs.size <= window) return
    refs.delete(ref)
  }
}

/** Names the ring of a key. The length tells the end of the user, so no two keys share a name. */
export const ringName = ({ user, session }: { readonly user: string; readonly session: string }): string =>
  `${user.length}:${user}${session}`
