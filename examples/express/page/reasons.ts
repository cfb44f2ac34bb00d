import type { ErrorCode, Gap } from '@chat/core'

const ofErrors: Partial<Record<ErrorCode, string>> = {
  forbidden: 'this is not allowed',
  too_large: 'it is too long',
  rate_limited: 'too many messages at once',
  busy: 'the server is busy',
  unavailable: 'the server is not there',
  timeout: 'the server did not answer',
  unauthorized: 'the server does not take this name',
  full: 'too many messages are waiting already',
  closed: 'the connection was closed',
  usage: 'the connection was closed',
  uncertain: 'no answer came',
}

const ofGaps: Record<Gap['reason'], string> = {
  absent: 'the server lost them',
  epoch: 'the server started afresh',
  diverged: 'the server lost them',
  trimmed: 'they are older than the server keeps',
  limit: 'there are too many to send again',
}

/** Why something failed, in words for people. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: ErrorCode; message?: string }
  return (code === undefined ? undefined : ofErrors[code]) ?? message ?? 'something went wrong'
}

/** Why messages are missing. */
export const gapText = ({ reason }: Gap): string => `Messages are missing here: ${ofGaps[reason]}`
