import type { AppendKey, AppendResult } from '../../backplane/backplane.ts'

interface Known {
  readonly hash: string
  readonly answer: AppendResult
}

interface Ring {
  readonly stream: string
  readonly refs: Map<number, Known>
  greatest: number
  used: number
}

const conflict: AppendResult = { outcome: 'conflict' }

/**
 * Recognises repetitions (P-PB-2): keeps the answers to the last refs of each session and log, for a window
 * after their last use.
 */
export class Dedupe {
  readonly #rings = new Map<string, Ring>()
  readonly #window: number

  constructor(window: number) {
    this.#window = window
  }

  get size(): number {
    return this.#rings.size
  }

  /**
   * Returns the answer to a known key, `conflict` for a key that is used or too old, or `null` for a new key.
   */
  find(stream: string, key: AppendKey, now: number): AppendResult | null {
    const name = ringName(stream, key)
    const ring = this.#rings.get(name)
    if (ring === undefined) return null
    this.#use(name, ring, now)
    const known = ring.refs.get(key.ref)
    if (known === undefined) return key.ref < ring.greatest ? conflict : null
    return known.hash === key.hash ? known.answer : conflict
  }

  /** Keeps the answer to a key. */
  remember(stream: string, key: AppendKey, answer: AppendResult, now: number): void {
    const name = ringName(stream, key)
    let ring = this.#rings.get(name)
    if (ring === undefined) {
      ring = { stream, refs: new Map(), greatest: 0, used: now }
      this.#rings.set(name, ring)
    }
    ring.refs.set(key.ref, { hash: key.hash, answer })
    ring.greatest = key.ref
    if (ring.refs.size > key.window) {
      const [oldest] = ring.refs.keys()
      if (oldest !== undefined) ring.refs.delete(oldest)
    }
    this.#use(name, ring, now)
  }

  /** Forgets the rings that were not used for the window. They are in the order of their last use. */
  sweep(now: number): void {
    for (const [name, ring] of this.#rings) {
      if (now - ring.used <= this.#window) return
      this.#rings.delete(name)
    }
  }

  /** Forgets the answers beyond an offset of a log, as if they had never been given. */
  rollback(stream: string, top: number): void {
    for (const ring of this.#rings.values()) {
      if (ring.stream !== stream) continue
      for (const [ref, { answer }] of ring.refs)
        if (answer.outcome !== 'conflict' && answer.at > top) ring.refs.delete(ref)
      ring.greatest = Math.max(0, ...ring.refs.keys())
    }
  }

  clear(): void {
    this.#rings.clear()
  }

  #use(name: string, ring: Ring, now: number): void {
    if (ring.used === now) return
    ring.used = now
    this.#rings.delete(name)
    this.#rings.set(name, ring)
  }
}

/**
 * Names a ring. A session id has no `@`, and the length tells the end of the user, so no two keys share a
 * name.
 */
const ringName = (stream: string, { user, session }: AppendKey): string =>
  `${session}@${user.length}:${user}${stream}`
