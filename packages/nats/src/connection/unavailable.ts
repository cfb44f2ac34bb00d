import { ChatError } from '@chat/core'

/** Returns the error of an operation whose outcome is unknown, and which may be repeated. */
export const unavailable = (operation: string, reason: string, cause?: unknown): ChatError =>
  new ChatError('unavailable', `unable to ${operation}: ${reason}`, cause === undefined ? {} : { cause })

/** The text of an error of any kind. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
