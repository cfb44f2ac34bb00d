import type { Aborter } from '../../runtime/signal.ts'
import { type ChatError, UncertainError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { checkAddress, checkName } from '../operations/checks.ts'
import type { OutboxEntry, OutboxItem, OutboxState } from '../outbox-types.ts'

/** Message of the outbox, as this page has it. */
export interface KeptSend {
  /** What is stored, or is to be stored. Replaced by each change. */
  entry: OutboxEntry
  /** Destination of the message. */
  readonly address: string
  /** `true` when an earlier page sent it. */
  readonly earlier: boolean
  state: OutboxState
  error: ChatError | null
  /** `true` when the storage has it, or may have it. */
  saved: boolean
  /** `true` while later sends to its address must wait: it is to be written, or the log is asked for it. */
  held: boolean
  /** Ref for its next write; 0 for none. */
  ref: number
  /** Connection for which the ref was taken. */
  connection: object | null
  /** `true` when the ref is saved, so that the message may be written. */
  ready: boolean
  /** Ends the send; `null` while it is not among the operations of the client. */
  aborter: Aborter | null
  /** View of the present state; `null` when it is to be made. */
  item: OutboxItem | null
}

/** Returns a message that is not among the operations yet. */
export const createKept = (entry: OutboxEntry, earlier: boolean): KeptSend => ({
  entry,
  address: elementsOf(entry)[0],
  earlier,
  state: entry.id === null ? 'waiting' : 'written',
  error: null,
  saved: earlier,
  held: true,
  ref: 0,
  connection: null,
  ready: false,
  aborter: null,
  item: null,
})

/** Elements of a send's frame. */
export type Elements = readonly [address: string, event: string, data: unknown, meta?: Meta | null]

export const elementsOf = ({ body }: OutboxEntry): Elements => JSON.parse(`[${body}`)

/** Returns `true` for an entry that a page can send, or ask the log for. */
export function isSound(entry: OutboxEntry): boolean {
  try {
    const [address, event] = elementsOf(entry)
    checkAddress(address)
    checkName(event)
    const { key, page, id } = entry
    return [key, page, id ?? ''].every((text) => typeof text === 'string')
  } catch {
    return false
  }
}

/** Returns the view of a message, the same while the message has not changed. */
export function itemOf(kept: KeptSend): OutboxItem {
  if (kept.item === null) {
    const { entry, state, error, earlier } = kept
    const [address, event, data, meta = null] = elementsOf(entry)
    const { key, id, time } = entry
    kept.item = Object.freeze({ key, address, event, data, meta, id, time, state, error, earlier })
  }
  return kept.item
}

/** Returns the error of a message whose outcome is unknown. */
export const uncertain = (reason: string, cause?: unknown): UncertainError =>
  new UncertainError(`unable to tell the outcome: ${reason}`, { cause })
