import { checkMeta } from '../../protocol/meta.ts'
import { checkSignal } from '../../runtime/check-signal.ts'
import { checkDuration, checkText, describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { isName } from '../../vocabulary/text.ts'
import type { AskOptions, RemoveOptions, SessionsOptions } from './hub-target.ts'

/** Options of `send`. */
export interface SendOptions {
  /** Gives up the wait for the log. */
  readonly signal?: AbortSignal | undefined
  /** Facts about the message besides its data. */
  readonly meta?: Meta | undefined
  /** The id of the user in whose name the message is sent. */
  readonly from?: string | undefined
  /** Names the message, so that a repetition by any node is recognised. */
  readonly idempotencyKey?: string | undefined
}

/** Options of `cast`. */
export interface CastOptions {
  /** A newer cast with the same key replaces this cast. */
  readonly key?: string | undefined
  /** Facts about the cast besides its data. */
  readonly meta?: Meta | undefined
  /** The id of the user in whose name the cast is sent. */
  readonly from?: string | undefined
}

const maxKeyLength = 255

const sendOptionNames: OptionNames<SendOptions> = {
  signal: true,
  meta: true,
  from: true,
  idempotencyKey: true,
}
const castOptionNames: OptionNames<CastOptions> = { key: true, meta: true, from: true }
const askOptionNames: OptionNames<AskOptions> = { timeout: true, signal: true, meta: true }
const sessionsOptionNames: OptionNames<SessionsOptions> = { timeout: true, signal: true }
const removeOptionNames: OptionNames<RemoveOptions> = { code: true, message: true }

/** @throws UsageError for an option of a send that does not exist or cannot work. */
export function checkSendOptions(address: string, options: SendOptions): void {
  const operation = `send to ${address}`
  checkOptionsWithHint(operation, options, sendOptionNames)
  checkSignal(operation, options.signal)
  checkMeta(operation, options.meta)
  checkUserId(operation, options.from)
  checkKey(operation, options.idempotencyKey)
}

/** @throws UsageError for an option of a cast that does not exist or cannot work. */
export function checkCastOptions(address: string, options: CastOptions): void {
  const operation = `cast to ${address}`
  checkOptionsWithHint(operation, options, castOptionNames)
  checkText(operation, 'key', options.key)
  checkMeta(operation, options.meta)
  checkUserId(operation, options.from)
}

/**
 * @throws UsageError for an option of an ask that does not exist, a `timeout` that is not a duration, a `signal`
 * that is none, or meta that cannot be sent.
 */
export function checkAskOptions(address: string, options: AskOptions): void {
  const operation = `ask ${address}`
  checkOptionsWithHint(operation, options, askOptionNames)
  checkDuration(operation, 'timeout', options.timeout)
  checkSignal(operation, options.signal)
  checkMeta(operation, options.meta)
}

/**
 * @throws UsageError for an option that does not exist, a `timeout` that is not a duration, or a `signal` that is
 * none.
 */
export function checkSessionsOptions(address: string, options: SessionsOptions): void {
  const operation = `list the sessions of ${address}`
  checkOptionsWithHint(operation, options, sessionsOptionNames)
  checkDuration(operation, 'timeout', options.timeout)
  checkSignal(operation, options.signal)
}

/** @throws UsageError for an option of a removal that does not exist, or a `message` that is not a text. */
export function checkRemoveOptions(address: string, options: RemoveOptions): void {
  const operation = `remove a session from ${address}`
  checkOptionsWithHint(operation, options, removeOptionNames)
  checkText(operation, 'message', options.message)
}

/** @throws UsageError for an option `from` that is no id of a user; `undefined` is none. */
export function checkUserId(operation: string, from: unknown): void {
  if (from === undefined || isName(from as string)) return
  throw new UsageError(
    `unable to ${operation}: the option 'from' must be the id of a user, 1–255 bytes without control characters, but is ${describe(from)}`,
  )
}

function checkKey(operation: string, key: unknown): void {
  if (key === undefined || (typeof key === 'string' && key !== '' && key.length <= maxKeyLength)) return
  throw new UsageError(
    `unable to ${operation}: the option 'idempotencyKey' must be a text of 1–${maxKeyLength} characters, but is ${describe(key)}`,
  )
}
