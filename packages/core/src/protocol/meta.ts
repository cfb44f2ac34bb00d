import { UsageError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'
import { utf8Length } from '../vocabulary/text.ts'
import { isData } from './carried.ts'
import { isRecord } from './fields.ts'
import { metaBytes } from './limits.ts'

/** The rule for meta, which completes "must be …" in an error. */
export const metaRule: string = `an object of strings, finite numbers, booleans and nulls, at most ${metaBytes} bytes, without the keys stream, end, call and $…`

/** The keys that only the protocol itself writes (P-MT-5). */
const reserved = /^(\$|(stream|end|call)$)/

/** Tells if a value is meta that an application or a client may write (P-MT-3, P-MT-5). */
export const isMeta = (value: unknown): value is Meta =>
  isRecord(value) &&
  isData(value) &&
  Object.entries(value).every(([key, item]) => !reserved.test(key) && isMetaValue(item)) &&
  utf8Length(encodeMeta(value as Meta)) <= metaBytes

/** Tells if a value is the meta of a stream's head that a client sends, with `stream` (P-SM-12). */
export function isHeadMeta(value: unknown): value is Meta {
  if (!isRecord(value)) return false
  const { stream, ...rest } = value
  return stream === true && isMeta(rest)
}

/** Encodes meta as JSON. */
export const encodeMeta = (meta: Meta): string => JSON.stringify({ ...meta })

/**
 * Refuses meta that the hub would refuse; `undefined` is no meta.
 *
 * @param operation - Completes "unable to …", such as `send`.
 * @throws UsageError that says what the option `meta` must be.
 */
export function checkMeta(operation: string, meta: unknown): void {
  if (meta !== undefined && !isMeta(meta))
    throw new UsageError(`unable to ${operation}: the option 'meta' must be ${metaRule}`)
}

/** A value that is undefined is left out. */
const isMetaValue = (value: unknown): boolean =>
  value == null || Number.isFinite(value) || typeof value === 'string' || typeof value === 'boolean'
