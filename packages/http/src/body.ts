import { systemRuntime } from '@chat/core'

/** Body of a request, the same for every server. */
export interface Body {
  /** Resolves with the next bytes; `null` at the end. Rejects when the request breaks off. */
  read(): Promise<Uint8Array | null>
  /** Stops reading. */
  cancel(): void
}

/** Limits of reading a body. */
export interface BodyLimits {
  /** Most bytes to accept. */
  readonly bytes: number
  /** Longest time, in milliseconds. */
  readonly milliseconds: number
  /** Called with the length of each chunk as it arrives. */
  readonly onChunk: (bytes: number) => void
  /** Gets the function that gives up the body. */
  readonly waiter: Waiter
}

/** Holds the function that ends a wait. */
export interface Waiter {
  /** Ends the wait. */
  wake: () => void
}

/**
 * Status for a body that was not read: it broke off or is not UTF-8 (400), is late (408), too large (413), or
 * given up for a newer POST (429).
 */
export type BodyFailure = 400 | 408 | 413 | 429

/** Reads a body as text; resolves with a status when that fails. Holds at most twice the limit, and one chunk. */
export async function readText(body: Body, limits: BodyLimits): Promise<string | BodyFailure> {
  let stop: (failure: BodyFailure) => void = () => {}
  const stopped = new Promise<BodyFailure>((resolve) => {
    stop = resolve
  })
  const undo = systemRuntime.timer(limits.milliseconds, () => stop(408))
  limits.waiter.wake = () => stop(429)
  const outcome = await Promise.race([readAll(body, limits), stopped])
  undo()
  limits.waiter.wake = () => {}
  if (outcome instanceof Uint8Array) return decoded(outcome)
  body.cancel()
  return outcome
}

async function readAll(body: Body, { bytes, onChunk }: BodyLimits): Promise<Uint8Array | BodyFailure> {
  const whole = new GrowingBytes()
  try {
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      onChunk(chunk.length)
      if (whole.length + chunk.length > bytes) return 413
      whole.append(chunk)
    }
  } catch {
    return 400
  }
  return whole.bytes
}

/** Smallest buffer for a body that arrives in several chunks, in bytes. */
const leastCapacity = 1_024

/** Bytes that are joined as they arrive: a kept chunk would cost some hundred bytes more than its length. */
class GrowingBytes {
  #buffer = new Uint8Array(0)
  #length = 0

  /** Number of bytes. */
  get length(): number {
    return this.#length
  }

  /** All bytes so far. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Adds a copy of a chunk. */
  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#length, leastCapacity))
      larger.set(this.bytes)
      this.#buffer = larger
    }
    this.#buffer.set(chunk, this.#length)
    this.#length = length
  }
}

/** Joins chunks; `size` is the sum of their lengths. */
export function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

function decoded(bytes: Uint8Array): string | BodyFailure {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return 400
  }
}
