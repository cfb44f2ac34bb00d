import { CloseCode } from '../vocabulary/close-codes.ts'

/** A connection that is not made, and why. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: 400 | 403 | 404 | 500 | 503
  /** For the one who reads the answer: says nothing of the inside. */
  readonly message: string
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** What was thrown by the application's own code, if that is why. */
  readonly error?: unknown
}

/** A refusal as an HTTP response: its body, and all its headers but those of the connection. */
export function refusalAnswer({ message, headers }: Refusal): {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
} {
  return {
    body: `${message}\n`,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
  }
}

/** The close code by which a socket that is open already is told what a request is told by its status. */
export function refusalCode({ status }: Refusal): number {
  if (status === 400) return CloseCode.protocol
  if (status === 503) return CloseCode.goingAway
  return status === 500 ? CloseCode.internal : CloseCode.forbidden
}
