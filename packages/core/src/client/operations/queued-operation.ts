import type { Undo } from '../../runtime/runtime.ts'
import { type ChatError, UncertainError } from '../../vocabulary/errors.ts'
import type { Operation, Repeat } from '../operation.ts'

/** Operation with its state. */
export interface QueuedOperation extends Omit<Operation, 'repeat' | 'resolve' | 'reject'> {
  readonly publishes: boolean
  /** Number of the application's call; 0 for an operation that goes before all others, except for repetitions. */
  readonly order: number
  resolve(result: unknown): void
  reject(error: unknown): void
  /** `settled` when it is settled on this side. Until its answer comes, the hub still counts it (P-PB-6). */
  repeat: Repeat | 'settled'
  /** `true` while it waits for its answer on this connection. */
  open: boolean
  /** 0 when the hub has not taken it: it was never written, or was refused for a limit. */
  ref: number
  /** Time of its first write; infinite before that. */
  first: number
  /** Time of its last write. */
  latest: number
  /**
   * `true` when it was written more than once: then an `err` does not prove that the first attempt failed
   * (P-PB-3).
   */
  repeated: boolean
  /** Last refusal for a limit. */
  refusal: ChatError | null
  /** Stop its timers, and forget its signal. */
  readonly undos: Undo[]
}

const noop = (): void => {}

/** Turns an operation into an operation whose answer changes nothing. */
export const settled: Pick<QueuedOperation, 'repeat' | 'resolve' | 'reject'> = {
  repeat: 'settled',
  resolve: noop,
  reject: noop,
}

/** Returns an operation that waits to be written. `order` is its place among the operations of the application. */
export const toQueued = (operation: Operation, order: number): QueuedOperation => ({
  publishes: false,
  resolve: noop,
  reject: noop,
  order,
  ...operation,
  open: false,
  ref: 0,
  first: Number.POSITIVE_INFINITY,
  latest: 0,
  repeated: false,
  refusal: null,
  undos: [],
})

/** Returns `true` for an operation that is written again on the next connection. */
export const isRepeatable = ({ repeat }: QueuedOperation): boolean =>
  repeat === 'same-ref' || repeat === 'harmless'

/** Returns `true` for an operation that counts toward the rate when its answer comes. */
export const isCounted = ({ open, free }: QueuedOperation): boolean => open && !free

/** Returns `true` for a later send to the address of a refused send, which may be stored before that. */
export const mayOvertake = (later: QueuedOperation, { refusal, address, order }: QueuedOperation): boolean =>
  refusal !== null && address !== undefined && later.address === address && later.order > order

/** Order of the operations: repetitions go first. */
export const compare = (a: QueuedOperation, b: QueuedOperation): number =>
  rank(a) - rank(b) || a.order - b.order

const rank = ({ ref }: QueuedOperation): number => ref || Number.MAX_SAFE_INTEGER

/** Returns the error of an operation that the hub may have executed. `reason` completes its text. */
export const uncertain = (reason: string, cause?: unknown): UncertainError =>
  new UncertainError(`unable to tell the outcome: ${reason}`, { cause })

/** Returns the error of an operation that this client ends: *uncertain* when the hub may have executed it. */
export const outcome = (
  { repeat, ref }: QueuedOperation,
  error: ChatError,
  reason: string = error.message,
): ChatError => (ref > 0 && (repeat === 'same-ref' || repeat === 'never') ? uncertain(reason, error) : error)
