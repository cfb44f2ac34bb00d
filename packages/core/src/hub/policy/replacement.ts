import { checkMeta } from '../../protocol/meta.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { type Content, encodeContent } from '../content.ts'
import type { HubContext } from '../context.ts'

/** The answer of `authorize` that allows a message, and says what of it is stored. */
export interface Replacement {
  /** The data to store; the sender's data when it is left out. */
  readonly data?: unknown
  /** The meta to store; the sender's meta when it is left out, no meta when it is `null`. */
  readonly meta?: Meta | null | undefined
}

/** Content that may be stored. */
export interface SoundContent extends Content {
  /** The data as the contract's validator returned it, for listeners. */
  readonly value: unknown
  /** The meta, for listeners; `null` for none. */
  readonly facts: Meta | null
}

/**
 * Returns content with the parts that the application has replaced.
 *
 * @throws UsageError for an answer with a part that does not exist, and for meta that cannot be sent.
 * @throws ChatError for data that the contract does not accept, or that is too large.
 */
export function replaced(
  { validator }: HubContext,
  { action, event }: { readonly action: string; readonly event: string },
  content: SoundContent,
  answer: Replacement,
): SoundContent {
  const operation = `${action} '${event}' as \`authorize\` has answered`
  checkOptionsWithHint(operation, answer, { data: true, meta: true })
  const { data, meta } = answer
  checkMeta(operation, meta ?? undefined)
  const facts = meta === undefined ? content.facts : meta
  const text = encodeContent(operation, data === undefined ? null : data, facts ?? undefined)
  if (data === undefined) return { ...content, meta: text.meta, facts }
  return { ...text, value: validator.event(event, data), facts }
}
