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
  internal: 'the server has made an error; its terminal tells more',
  uncertain: 'there was no answer',
}

const ofGaps: Record<Gap['reason'], string> = {
  absent: 'the server has lost them',
  epoch: 'the server has a new log',
  diverged: 'the server has lost them',
  trimmed: 'the server no longer keeps them',
  limit: 'there are too many of them to send again',
}

/** Describes the cause of an error for people. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: ErrorCode; message?: string }
  return (code === undefined ? undefined : ofErrors[code]) ?? message ?? 'an unknown error'
}

/** Describes a gap for people, and counts the messages where one log has the positions before and after. */
export function gapText({ from, to, reason }: Gap): string {
  if (from === null || from[0] !== to[0])
    return 'The server has begun a new log: what this page had not seen of the old log is lost'
  const missing = to[1] - from[1]
  return `${missing} ${missing === 1 ? 'message is' : 'messages are'} missing here: ${ofGaps[reason]}`
}
