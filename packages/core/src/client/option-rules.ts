import { isRecord } from '../protocol/fields.ts'
import { isMeta, metaRule } from '../protocol/meta.ts'
import { isSignal } from '../runtime/signal.ts'
import { checkOptions, describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { HistoryOptions } from '../vocabulary/history.ts'
import { toPosition } from '../vocabulary/position.ts'
import type { MessagesOptions } from './message-cursor.ts'
import type {
  CallOptions,
  CastOptions,
  ClientOptions,
  JoinOptions,
  SendOptions,
  SharedClientOptions,
} from './options.ts'
import type { OpenStreamOptions } from './stream-sender.ts'

/**
 * Values that an option may have: their description, which completes "must be …", and their test. `undefined`
 * is always allowed.
 */
export type Rule = readonly [expected: string, fits: (value: unknown) => boolean]

/** Rule of each option of a type; `null` where every value is allowed, or the value is checked elsewhere. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: Rule | null }

const callback: Rule = ['a function', (value) => typeof value === 'function']
/** A duration in milliseconds, which is not 0. */
export const duration: Rule = ['a number of milliseconds above 0', isAboveZero]
const count: Rule = ['a number of messages, a whole number from 1', (value) => isWhole(value) && value >= 1]
const beginning: Rule = [
  'a number of messages, a whole number from 1 to 1000',
  (value) => isWhole(value) && value >= 1 && value <= 1_000,
]
const offset: Rule = ['an offset, a whole number from 0', (value) => isWhole(value) && value >= 0]
const source: Rule = ['what restoreFrom(hook) returns', opens]
const boolean: Rule = ['true or false', (value) => typeof value === 'boolean']
const signal: Rule = ['an AbortSignal', isSignal]
const meta: Rule = [metaRule, isMeta]

/** Rules of the options of a client that a transport's `connect` takes too. */
export const sharedRules: OptionRules<SharedClientOptions> = {
  // A definition alone would validate nothing.
  contract: ['made by contract({ … })', (value) => isRecord(value) && isRecord(value['validator'])],
  streams: callback,
  token: [
    'a string, null, or a function that returns it',
    (value) => value === null || typeof value === 'string' || typeof value === 'function',
  ],
  // `null` is allowed, because an empty storage holds it.
  positions: [
    'an object of positions by address',
    (value) => value === null || (isRecord(value) && !('then' in value)),
  ],
  connectTimeout: duration,
  callTimeout: duration,
  maxQueued: ['a number of operations above 0', isAboveZero],
  snapshot: source,
  inbox: [
    'true, false, or { last } with a whole number from 1 to 1000',
    (value) => typeof value === 'boolean' || (isRecord(value) && beginning[1](value['last'])),
  ],
  outbox: ['an outbox', opens],
  observe: callback,
  logErrors: boolean,
  runtime: ['a runtime', (value) => isRecord(value) && typeof value['now'] === 'function'],
}
export const clientRules: OptionRules<ClientOptions> = { dial: null, ...sharedRules, environment: callback }
export const joinRules: OptionRules<JoinOptions> = {
  snapshot: source,
  state: null,
  last: beginning,
  since: ['a position in the log', (value) => toPosition(value) !== null],
}
export const sendRules: OptionRules<SendOptions> = { signal, meta, onId: callback }
export const castRules: OptionRules<CastOptions> = {
  key: ['a string', (value) => typeof value === 'string'],
  meta,
}
export const callRules: OptionRules<CallOptions> = {
  timeout: ['a number of milliseconds from 0', (value) => typeof value === 'number' && value >= 0],
  idempotent: boolean,
  signal,
  meta,
}
export const historyRules: OptionRules<HistoryOptions> = {
  after: offset,
  before: offset,
  limit: count,
  signal,
}
export const openStreamRules: OptionRules<OpenStreamOptions<unknown>> = { start: null, meta, signal }
export const messagesRules: OptionRules<MessagesOptions> = {
  // The id of a gap's end is not known.
  since: ['a position in the log', (value) => Array.isArray(value) && isWhole(value[1]) && value[1] >= 0],
  last: count,
}

/**
 * Refuses options that do not exist, and options with a wrong value, which the hub would otherwise take for a
 * broken client.
 *
 * @param operation - Completes "unable to …", such as `cast`.
 * @throws UsageError that lists the options, or names the option, its value and the values that are allowed.
 */
export function checkByRules<Options extends object>(
  operation: string,
  options: Options | undefined,
  rules: OptionRules<Options>,
): void {
  if (options === undefined) return
  checkOptions<object>(operation, options, rules)
  for (const [name, rule] of Object.entries<Rule | null>(rules)) {
    const value: unknown = options[name as keyof Options]
    if (value === undefined || rule === null || rule[1](value)) continue
    throw new UsageError(
      `unable to ${operation}: the option '${name}' must be ${rule[0]}, but is ${describe(value)}`,
    )
  }
}

/** Tells if a value is made by one of the functions that bring the code of an option along. */
function opens(value: unknown): boolean {
  return isRecord(value) && typeof value['open'] === 'function'
}

function isAboveZero(value: unknown): boolean {
  return typeof value === 'number' && value > 0
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
