import { UsageError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'
import { exceedsBytes } from '../vocabulary/text.ts'
import { isRecord } from './fields.ts'
import { metaBytes } from './limits.ts'

/** The keys that only the protocol itself writes (P-MT-5). */
const reserved: readonly string[] = ['stream', 'end', 'call']

/**
 * Returns the fault of the meta of an application or a client, which completes "the meta …"; `null` for sound
 * meta (P-MT-3, P-MT-5).
 */
export function metaFault(meta: unknown): string | null {
  if (!isRecord(meta)) return 'must be an object'
  for (const key of Object.keys(meta)) {
    if (key.startsWith('$') || reserved.includes(key))
      return `must not have the key '${key.slice(0, 100)}', which is kept for the protocol`
    if (!isMetaValue(meta[key]))
      return `must hold strings, finite numbers, booleans and nulls only, but '${key.slice(0, 100)}' is none of them`
  }
  return exceedsBytes(encodeMeta(meta as Meta), metaBytes)
    ? `must be at most ${metaBytes} bytes as JSON`
    : null
}

/** Encodes sound meta as JSON. */
export const encodeMeta = (meta: Meta): string => JSON.stringify({ ...meta })

/**
 * Refuses meta that the hub would refuse; `undefined` is no meta.
 *
 * @param operation - Completes "unable to …", such as `send`.
 * @throws UsageError that says how to change the option `meta`.
 */
export function checkMeta(operation: string, meta: unknown): void {
  const fault = meta === undefined ? null : metaFault(meta)
  if (fault !== null) throw new UsageError(`unable to ${operation}: the option 'meta' ${fault}`)
}

const isMetaValue = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value))
