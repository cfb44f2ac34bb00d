import { type Client, type Room, type Untyped, UsageError } from '@chat/core'
import { checkByRules, describe, type OptionRules, type Rule } from '@chat/core/transport'

export type { OptionRules } from '@chat/core/transport'

/** Rule of an option with an event, or a list of events. */
export const eventNames: Rule = ['an event or a list of events', isNames]

/** Rule of an option with an event. */
export const eventName: Rule = ['the name of an event', (value) => typeof value === 'string']

/** Returns the rule of a number of messages in a range, whose ends count. */
export const messageCount = (least: number, most: number): Rule => [
  `a whole number from ${least} to ${most}`,
  (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
]

/** Rule of the messages that a server has read. */
export const initialMessages: Rule = [
  'a page of messages, as hub.to(address).history() returns it',
  (value) => {
    const { messages, position } = (value ?? {}) as {
      readonly messages?: unknown
      readonly position?: unknown
    }
    return Array.isArray(messages) && Array.isArray(position)
  },
]

/**
 * Refuses options that do not exist, and options with a wrong value.
 *
 * @param operation - Completes "unable to …", such as `show messages`.
 * @throws UsageError that lists the options and names the option that was meant, or names the option, its value and
 * the values that are allowed.
 */
export function checkStoreOptions<Options extends object>(
  operation: string,
  options: Options,
  rules: OptionRules<Options>,
): void {
  try {
    checkByRules(operation, options, rules)
  } catch (error) {
    const unknown = Object.keys(options ?? {}).find((name) => !(name in rules)) ?? ''
    const meant = typeof options === 'object' && Object.keys(rules).find((name) => isAlike(unknown, name))
    throw meant ? new UsageError(`${(error as Error).message}; did you mean '${meant}'?`) : error
  }
}

/** @throws UsageError for a value that is neither an event nor a list of events. */
export function checkEvents(operation: string, events: unknown): void {
  if (!isNames(events)) refuse(operation, `the second argument must be ${eventNames[0]}`, events)
}

/** @throws UsageError for a value that is not a room. */
export function checkRoom(operation: string, value: unknown): asserts value is Room<Untyped> {
  if ((value as { readonly isChatRoom?: unknown } | null | undefined)?.isChatRoom !== true)
    refuse(operation, 'the first argument must be a room, as client.join returns it', value)
}

/** @throws UsageError for a value that is not a client. */
export function checkClient(operation: string, value: unknown): asserts value is Client<Untyped> {
  if (typeof (value as Partial<Client> | null | undefined)?.join !== 'function')
    refuse(operation, 'the first argument must be a client, as connect returns it', value)
}

/** @throws UsageError for a value that is not a function. */
export function checkListener(value: unknown): void {
  if (typeof value !== 'function') refuse('listen to a store', 'the listener must be a function', value)
}

function refuse(operation: string, rule: string, value: unknown): never {
  throw new UsageError(`unable to ${operation}: ${rule}, but is ${describe(value)}`)
}

/** Returns a name or names as a list. */
export const listOf = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names

function isNames(value: unknown): boolean {
  return [value].flat().every((name) => typeof name === 'string')
}

/** Tells if two names differ in a letter or two, in any order: enough for a handful of options, and small in a page. */
function isAlike(a: string, b: string): boolean {
  return a !== '' && lettersWithout(a, b) + lettersWithout(b, a) <= (a.length > 3 ? 2 : 1)
}

const lettersWithout = (text: string, other: string): number =>
  [...other].reduce((left, letter) => left.replace(letter, ''), text).length
