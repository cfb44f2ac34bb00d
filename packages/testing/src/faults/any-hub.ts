import type { Hub } from '@chat/core'

/** A hub of a world, whatever its contract. */
export type AnyHub = Pick<Hub, 'close' | 'node'>
