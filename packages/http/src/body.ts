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

/** Reads a body as text; resolves with a status when that fails. Holds at most the limit and one chunk. */
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
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      onChunk(chunk.length)
      size += chunk.length
      if (size > bytes) return 413
      chunks.push(chunk)
    }
  } catch {
    return 400
  }
  return joined(chunks, size)
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
