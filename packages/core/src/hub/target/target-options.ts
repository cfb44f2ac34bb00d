import { checkMeta } from '../../protocol/meta.ts'
import { checkDuration, checkOptions, checkText, type OptionNames } from '../../vocabulary/check-options.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { AskOptions, RemoveOptions } from './hub-target.ts'

/** Options of `send`. */
export interface SendOptions {
  /** Gives up the wait for the log. */
  readonly signal?: AbortSignal
  /** Facts about the message besides its data. */
  readonly meta?: Meta
}

/** Options of `cast`. */
export interface CastOptions {
  /** A newer cast with the same key replaces this cast. */
  readonly key?: string
  /** Facts about the cast besides its data. */
  readonly meta?: Meta
}

const sendOptionNames: OptionNames<SendOptions> = { signal: true, meta: true }
const castOptionNames: OptionNames<CastOptions> = { key: true, meta: true }
const askOptionNames: OptionNames<AskOptions> = { timeout: true, signal: true, meta: true }
const removeOptionNames: OptionNames<RemoveOptions> = { code: true, message: true }

/** @throws UsageError for an option of a send that does not exist, or meta that cannot be sent. */
export function checkSendOptions(address: string, options: SendOptions): void {
  const operation = `send to ${address}`
  checkOptions(operation, options, sendOptionNames)
  checkMeta(operation, options.meta)
}

/** @throws UsageError for an option of a cast that does not exist, a `key` that is not a text, or meta that cannot be sent. */
export function checkCastOptions(address: string, options: CastOptions): void {
  const operation = `cast to ${address}`
  checkOptions(operation, options, castOptionNames)
  checkText(operation, 'key', options.key)
  checkMeta(operation, options.meta)
}

/** @throws UsageError for an option of an ask that does not exist, a `timeout` that is not a duration, or meta that cannot be sent. */
export function checkAskOptions(address: string, options: AskOptions): void {
  const operation = `ask ${address}`
  checkOptions(operation, options, askOptionNames)
  checkDuration(operation, 'timeout', options.timeout)
  checkMeta(operation, options.meta)
}

/** @throws UsageError for an option of a removal that does not exist, or a `message` that is not a text. */
export function checkRemoveOptions(address: string, options: RemoveOptions): void {
  const operation = `remove a session from ${address}`
  checkOptions(operation, options, removeOptionNames)
  checkText(operation, 'message', options.message)
}
