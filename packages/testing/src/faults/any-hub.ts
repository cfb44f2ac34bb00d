import type { Hub } from '@chat/core'

/** A hub of a world, with any contract. */
export type AnyHub = Pick<Hub, 'close' | 'node'>
