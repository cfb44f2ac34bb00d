import type { AppendKey, AppendResult, NewMessage } from '../../backplane/backplane.ts'

/** The final answer of a log to a message: it is in the log, or never will be. */
export type Appended = Exclude<AppendResult, { outcome: 'early' | 'overtaken' }>

/** A message for the log. */
export interface Append {
  /** The message. */
  readonly message: NewMessage
  /** The key by which the log recognises a repetition. */
  readonly key: AppendKey
  /** Called once with the answer of the log, in the order of the appends, unless the hub is closed first. */
  answered(result: Appended): void
  /** Called when the next append may follow: the log need not have answered. */
  next(): void
}

/** Tells whether an answer decides about a message. */
export const isFinal = (result: AppendResult): result is Appended =>
  result.outcome !== 'early' && result.outcome !== 'overtaken'
