import type { AppendKey, AppendResult } from '../../backplane/backplane.ts'
import { heapBytes } from '../../vocabulary/text.ts'

/** The answer to an append that has stored its message. */
export type StoredAnswer = Extract<AppendResult, { outcome: 'stored' | 'duplicate' }>

interface Known {
  readonly hash: string
  readonly answer: StoredAnswer
}

interface Ring {
  readonly stream: string
  readonly refs: Map<number, Known>
  greatest: number
  /** The time at which the newest answer was stored. */
  stored: number
  /** Bytes of the ring in memory, with its answers. */
  bytes: number
}

const conflict: AppendResult = { outcome: 'conflict' }
const early: AppendResult = { outcome: 'early' }
/** Bytes that a ring takes besides its name, and an answer besides its id and hash. */
const ringBytes = 500
const answerBytes = 250

/**
 * Recognises repetitions (P-PB-2): keeps the answers to the last refs of each session and log, until a window
 * has passed since the newest of them was stored.
 */
export class Dedupe {
  readonly #rings = new Map<string, Ring>()
  readonly #window: number
  #bytes = 0

  constructor(window: number) {
    this.#window = window
  }

  get size(): number {
    return this.#rings.size
  }

  /** Bytes of all rings in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Returns the answer to a known key, `conflict` for a key that is used or too old, `early` for a key whose
   * previous ref is not known, or `null` for a new key.
   */
  find(stream: string, key: AppendKey): AppendResult | null {
    const ring = this.#rings.get(ringName(stream, key))
    const { ref, previousRef = 0 } = key
    if (ring === undefined) return previousRef > 0 ? early : null
    const known = ring.refs.get(ref)
    if (known !== undefined) return known.hash === key.hash ? known.answer : conflict
    if (ref < ring.greatest) return conflict
    return previousRef > ring.greatest ? early : null
  }

  /** Keeps the answer to a key. */
  remember(stream: string, key: AppendKey, answer: StoredAnswer, now: number): void {
    const name = ringName(stream, key)
    let ring = this.#rings.get(name)
    if (ring === undefined) {
      ring = { stream, refs: new Map(), greatest: 0, stored: now, bytes: 0 }
      this.#rings.set(name, ring)
      this.#count(ring, ringBytes + heapBytes(name))
    }
    ring.refs.set(key.ref, { hash: key.hash, answer })
    ring.greatest = key.ref
    ring.stored = now
    this.#count(ring, bytesOf(key.hash, answer))
    if (ring.refs.size <= key.window) return
    const [oldest] = ring.refs.keys()
    if (oldest !== undefined) this.#drop(ring, oldest)
  }

  /** Forgets the rings whose answers were all stored before the window. */
  sweep(now: number): void {
    for (const [name, ring] of this.#rings) {
      if (now - ring.stored <= this.#window) continue
      this.#rings.delete(name)
      this.#bytes -= ring.bytes
    }
  }

  /** Forgets the answers beyond an offset of a log, as if they had never been given. */
  rollback(stream: string, top: number): void {
    for (const ring of this.#rings.values()) {
      if (ring.stream !== stream) continue
      for (const [ref, { answer }] of ring.refs) if (answer.at > top) this.#drop(ring, ref)
      ring.greatest = Math.max(0, ...ring.refs.keys())
    }
  }

  clear(): void {
    this.#rings.clear()
    this.#bytes = 0
  }

  #drop(ring: Ring, ref: number): void {
    const known = ring.refs.get(ref)
    if (known === undefined) return
    ring.refs.delete(ref)
    this.#count(ring, -bytesOf(known.hash, known.answer))
  }

  #count(ring: Ring, bytes: number): void {
    ring.bytes += bytes
    this.#bytes += bytes
  }
}

const bytesOf = (hash: string, { id }: StoredAnswer): number => answerBytes + hash.length + id.length

/**
 * Names a ring. A session id has no `@`, and the length tells the end of the user, so no two keys share a
 * name.
 */
const ringName = (stream: string, { user, session }: AppendKey): string =>
  `${session}@${user.length}:${user}${stream}`
