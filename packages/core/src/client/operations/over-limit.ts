import { isRecord } from '../../protocol/fields.ts'
import type { ChatError } from '../../vocabulary/errors.ts'

/**
 * Tells if the hub has refused an operation because a limit is used up, before any part of it was done. A
 * refusal of the application names no limit, and is final.
 */
export const isOverLimit = ({ code, detail }: ChatError): boolean =>
  isTemporary(code) && isRecord(detail) && typeof detail['limit'] === 'string'

/** Tells if a refusal with this code holds only for the moment. */
export const isTemporary = (code: string): boolean => code === 'rate_limited' || code === 'busy'
