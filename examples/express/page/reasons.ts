import type { ErrorCode, Gap } from '@chat/core'

const ofErrors: Partial<Record<ErrorCode, string>> = {
  forbidden: 'this is not allowed',
  too_large: 'it is too long',
  rate_limited: 'too many messages at once',
  busy: 'the server is busy',
  unavailable: 'the server is unreachable',
  timeout: 'the server did not answer',
  unauthorized: 'the server does not accept this name',
  full: 'too many messages are already waiting',
  closed: 'the connection was closed',
  usage: 'the connection was closed',
  uncertain: 'there was no answer',
}

const ofGaps: Record<Gap['reason'], string> = {
  absent: 'the server lost them',
  epoch: 'the server started a new log',
  diverged: 'the server lost them',
  trimmed: 'the server no longer keeps them',
  limit: 'there are too many of them to resend',
}

/** Describes the cause of an error for users. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: ErrorCode; message?: string }
  return (code === undefined ? undefined : ofErrors[code]) ?? message ?? 'an unknown error'
}

/** Describes a gap for users. */
export const gapText = ({ reason }: Gap): string => `Messages are missing here: ${ofGaps[reason]}`
