import type { Backplane } from '../backplane/backplane.ts'
import type { AnyContract, Contract } from '../contract/contract.ts'
import { memoryStoreOptionNames } from '../memory/backplane/memory-store-options.ts'
import {
  defaultLimits,
  defaultPresence,
  defaultStreams,
  defaultTimeouts,
  publishHorizon,
} from '../protocol/limits.ts'
import { defaultAdmissionLimits } from '../transport/admission.ts'
import { checkBoolean, checkFunction, checkRuntime } from '../vocabulary/check-option-kinds.ts'
import { describe, type OptionNames } from '../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../vocabulary/check-options-with-hint.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../vocabulary/event-name.ts'
import type {
  HubOptions,
  Limits,
  PresenceOptions,
  PresenceRules,
  StreamRules,
  StreamsOptions,
  Timeouts,
} from './options.ts'

const hubOptionNames: OptionNames<HubOptions> = {
  contract: true,
  serverEvents: true,
  clientStreams: true,
  authenticate: true,
  authorize: true,
  forward: true,
  backplane: true,
  log: true,
  presence: true,
  streams: true,
  limits: true,
  timeouts: true,
  logErrors: true,
  observe: true,
  runtime: true,
}

const presenceOptionNames: OptionNames<PresenceOptions> = { rooms: true, max: true, grace: true, state: true }

const operation = 'start the hub'

/**
 * Checks the options of a hub, except for their numbers.
 *
 * @throws UsageError for an option that does not exist, a policy that is not a function, a `contract`,
 * `runtime` or `backplane` that is none, or `log` beside `backplane`.
 */
export function checkHubOptions(options: HubOptions<AnyContract>): void {
  checkPlaces(options)
  checkOptionsWithHint<object>(operation, options, hubOptionNames)
  checkOptionsWithHint(operation, options.log, memoryStoreOptionNames, 'log')
  for (const name of ['authenticate', 'authorize', 'observe'] as const)
    checkFunction(operation, name, options[name])
  checkContract(options.contract)
  checkBoolean(operation, 'logErrors', options.logErrors)
  checkRuntime(operation, 'runtime', options.runtime)
  checkForward(options.forward)
  for (const name of ['serverEvents', 'clientStreams'] as const) checkEventNames(name, options[name])
  checkBackplane(options.backplane)
  if (options.log !== undefined && options.backplane !== undefined)
    throw new UsageError(
      `unable to ${operation}: the option 'log' is for the log in memory, which a hub with a 'backplane' does not have; give one of the two: backplanes have options of their own, such as 'retention'`,
    )
}

const limitDefaults: Limits = { ...defaultLimits, ...defaultAdmissionLimits }

/** Refuses an option of a group that stands outside of its group, and names the group. */
function checkPlaces(options: HubOptions<AnyContract> | undefined): void {
  const groups = {
    log: memoryStoreOptionNames,
    limits: limitDefaults,
    timeouts: defaultTimeouts,
    presence: presenceOptionNames,
    streams: defaultStreams,
  }
  for (const name of Object.keys(options ?? {})) {
    if (Object.hasOwn(hubOptionNames, name)) continue
    const found = Object.entries(groups).filter(([, members]) => Object.hasOwn(members, name))
    if (found.length === 0) continue
    const places = found.map(([group]) => `${group}: { ${name}: … }`).join(' or ')
    const own = name in memoryStoreOptionNames ? '; a hub with a backplane gives it to the backplane' : ''
    throw new UsageError(`unable to ${operation}: there is no option '${name}'; write ${places}${own}`)
  }
}

/** @throws UsageError for a limit that does not exist, or is not a positive number; `streams` may be 0. */
export const resolveLimits = (given: HubOptions['limits']): Limits => {
  checkOptionsWithHint(operation, given, names(limitDefaults), 'limits')
  return withDefaults('limits', limitDefaults, given)
}

/**
 * @throws UsageError for an option that does not exist, a number that is not positive, or `keep` above half the
 * time for which the backplane recognises repetitions: a result could then be stored twice.
 */
export function resolveStreams(given: StreamsOptions | undefined, dedupeWindow: number): StreamRules {
  checkOptionsWithHint(operation, given, names(defaultStreams), 'streams')
  const most = dedupeWindow / 2
  const defaults = { ...defaultStreams, keep: Math.min(defaultStreams.keep, most) }
  const rules = withDefaults<StreamRules>('streams', defaults, given)
  if (rules.keep > most)
    throw new UsageError(
      `unable to ${operation}: streams.keep is ${rules.keep} ms, but must be at most half the dedupe window of the backplane (${most} ms)`,
    )
  return rules
}

/**
 * @throws UsageError for a timeout that does not exist or is not a positive number, or a backplane that
 * forgets repetitions before clients stop repeating (P-PB-3).
 */
export function resolveTimeouts(given: HubOptions['timeouts'], dedupeWindow: number): Timeouts {
  checkOptionsWithHint(operation, given, names(defaultTimeouts), 'timeouts')
  const timeouts = withDefaults<Timeouts>('timeouts', defaultTimeouts, given)
  if (publishHorizon + 2 * timeouts.heartbeat >= dedupeWindow)
    throw new UsageError(
      `unable to ${operation}: the backplane recognises repetitions for ${dedupeWindow} ms, which must be more than ${publishHorizon} ms + 2 × timeouts.heartbeat`,
    )
  if (timeouts.session < dedupeWindow)
    throw new UsageError(
      `unable to ${operation}: timeouts.session (${timeouts.session} ms) must not be less than the backplane's dedupe window (${dedupeWindow} ms)`,
    )
  return timeouts
}

/**
 * @throws UsageError for an option that does not exist, a number that is not positive, `rooms` that is not a
 * function, or `max` above the largest room that the backplane can keep.
 */
export function resolvePresence(given: PresenceOptions, largestRoom: number | null): PresenceRules {
  checkOptionsWithHint(operation, given, presenceOptionNames, 'presence')
  const { rooms = () => true, ...numbers } = given
  checkFunction(operation, 'presence.rooms', rooms)
  const rules = { rooms, ...withDefaults('presence', defaultPresence, numbers) }
  if (largestRoom !== null && rules.max > largestRoom)
    throw new UsageError(
      `unable to ${operation}: presence.max is ${rules.max}, but the backplane keeps rooms of at most ${largestRoom} members; lower presence.max`,
    )
  return rules
}

/** A backplane is told by its abilities and its log; a wrong one would fail at its first use. */
function checkBackplane(value: unknown): void {
  if (value === undefined) return
  const { capabilities, append } = (value ?? {}) as Partial<Backplane>
  if (typeof capabilities !== 'object' || typeof append !== 'function')
    throw new UsageError(
      `unable to ${operation}: the option 'backplane' must be a backplane, such as sqliteBackplane(database), but is ${describe(value)}${value instanceof Promise ? '; await it' : ''}`,
    )
}

function checkForward(value: unknown): void {
  if (value !== undefined && value !== 'input' && value !== 'output')
    throw new UsageError(
      `unable to ${operation}: the option 'forward' must be 'input' or 'output', but is ${describe(value)}`,
    )
}

function checkEventNames(option: string, value: unknown): void {
  if (value === undefined) return
  const fault = Array.isArray(value)
    ? value.find((name) => typeof name !== 'string' || !isEventName(name))
    : value
  if (fault !== undefined)
    throw new UsageError(
      `unable to ${operation}: the option '${option}' must be a list of names of events, but has ${describe(fault)}; ${eventNameRule}`,
    )
}

/** A definition without `contract()` would validate nothing, and types alone are a type parameter. */
function checkContract(value: unknown): void {
  if (value === undefined) return
  const { definition, validator } = (value ?? {}) as Partial<Contract>
  if (typeof definition !== 'object' || typeof validator?.event !== 'function')
    throw new UsageError(
      `unable to ${operation}: the option 'contract' must be made by contract({ events, calls, … }), but is ${describe(value)}`,
    )
}

const names = <T extends object>(defaults: T): OptionNames<T> => defaults as unknown as OptionNames<T>

function withDefaults<T extends object>(
  group: string,
  defaults: T,
  given: { readonly [Name in keyof T]?: T[Name] | undefined } = {},
): T {
  // `null` is only the default of limits that are a share of others.
  const set = Object.entries(given).filter(
    ([name, value]) => value !== undefined && !(value === null && defaults[name as keyof T] === null),
  )
  // The welcome carries the limits, and JSON has no Infinity.
  for (const [name, value] of set)
    if (!(Number.isFinite(value) && (value as number) > 0) && !(name === 'streams' && value === 0))
      throw new UsageError(
        `unable to ${operation}: ${group}.${name} must be a finite number above 0, but is ${describe(value)}`,
      )
  return { ...defaults, ...Object.fromEntries(set) }
}
