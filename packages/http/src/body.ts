import { systemRuntime } from '@chat/core'

/** The body of a request, in terms of no server in particular. */
export interface Body {
  /** The next bytes; `null` at the end. Rejects when the request breaks off. */
  read(): Promise<Uint8Array | null>
  /** Nobody reads on. */
  cancel(): void
}

/** How much of a body is taken, and for how long. */
export interface BodyLimits {
  readonly bytes: number
  readonly milliseconds: number
  /** Told of each piece as it comes. */
  readonly heard: (bytes: number) => void
  /** Gets what gives the body up. */
  readonly waiter: Waiter
}

/** Something that waits; `wake` makes it look again. */
export interface Waiter {
  wake: () => void
}

/** Why a body was not taken: it broke off or is no UTF-8 (400), is late (408), too large (413), or unwanted (429). */
export type BodyFailure = 400 | 408 | 413 | 429

/** Reads a body as text, or says why not. Holds no more than the limit and one piece. */
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

async function readAll(body: Body, { bytes, heard }: BodyLimits): Promise<Uint8Array | BodyFailure> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for (let piece = await body.read(); piece !== null; piece = await body.read()) {
      heard(piece.length)
      size += piece.length
      if (size > bytes) return 413
      pieces.push(piece)
    }
  } catch {
    return 400
  }
  return joined(pieces, size)
}

/** Several pieces as one. */
export function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
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
