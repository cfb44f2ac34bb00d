import { checkOptions, describe, type OptionNames } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../vocabulary/event-name.ts'
import type { ContractDefinition, Operation } from './definition.ts'
import type { Schema } from './schema.ts'
import { DefinitionValidator, type Validator, withoutValidators } from './validator.ts'

/**
 * A contract as plain TypeScript: the same three groups, with types in place of validators.
 *
 * ```ts
 * interface Chat {
 *   events: { say: { text: string }; typing: boolean }
 *   calls: { rename: { input: { name: string }; output: { ok: boolean } } }
 * }
 * const hub = new Hub<Chat>(options)
 * ```
 */
export interface ContractTypes {
  /** Events of messages and casts, with the type of their data. */
  readonly events?: object
  /**
   * Events that only the hub sends, with the type of their data. List their names in the option `serverEvents` of
   * the hub, which does not see types.
   */
  readonly serverEvents?: object
  /** Calls, each with `input` and `output`. */
  readonly calls?: object
  /** Asks, each with `input` and `output`. */
  readonly asks?: object
}

/** The contract of a hub or client without types: any name, with data of type `unknown`. */
export interface Untyped {
  /** Any event. */
  readonly events: Record<string, unknown>
  /** Any call. */
  readonly calls: Record<string, Operation>
  /** Any ask. */
  readonly asks: Record<string, Operation>
}

/** A contract with validators, made by {@link contract}. */
export interface Contract<D extends ContractDefinition = ContractDefinition> {
  /** The validators, by group and name. */
  readonly definition: D
  /** Validates by the definition. */
  readonly validator: Validator
}

/**
 * Makes a contract from validators. Server and page share it: types are inferred on both sides, and a value
 * that does not pass is refused as `bad_payload`. The sender validates and sends its input as given; the
 * receiver validates and hands on the output.
 *
 * ```ts
 * export const chat = contract({
 *   events: { say: z.object({ text: z.string().max(2000) }) },
 *   calls: { rename: { input: z.object({ name: z.string() }), output: z.object({ ok: z.boolean() }) } },
 * })
 * ```
 *
 * Events that only the hub may send stand in `serverEvents`. A client that sends one is refused as `forbidden`.
 *
 * @throws UsageError when a name stands in two groups, starts with `$` as the SDK's own events do, or is no
 * event name; also for a group that does not exist, and a value that is not a validator.
 */
export function contract<const D extends ContractDefinition>(definition: D): Contract<D> {
  checkDefinition(definition)
  const seen = new Set<string>()
  for (const group of [definition.events, definition.serverEvents, definition.calls, definition.asks])
    for (const name of Object.keys(group ?? {})) {
      if (seen.has(name))
        throw new UsageError(`unable to ${operation}: '${name}' stands in it twice; rename one`)
      if (!isEventName(name))
        throw new UsageError(`unable to ${operation}: ${describe(name)} cannot be a name: ${eventNameRule}`)
      seen.add(name)
    }
  return { definition, validator: new DefinitionValidator(definition) }
}

/** Returns the validator of a contract. Types alone validate nothing, and a page with types alone loads no validation. */
export const validatorOf = (contract: AnyContract | undefined): Validator =>
  contract !== undefined && 'validator' in contract ? contract.validator : withoutValidators

const operation = 'make the contract'
const groupNames: OptionNames<ContractDefinition> = {
  events: true,
  serverEvents: true,
  calls: true,
  asks: true,
}
const partNames: OptionNames<Operation> = { input: true, output: true }

/** @throws UsageError for a group or a part that does not exist, and for a value that is not a validator. */
function checkDefinition(definition: ContractDefinition): void {
  if (definition === undefined)
    throw new UsageError(`unable to ${operation}: give an object with events, serverEvents, calls or asks`)
  checkOptions(operation, definition, groupNames)
  const { events, serverEvents, calls, asks } = definition
  for (const [group, members] of Object.entries({ events, serverEvents, calls, asks }))
    if (members !== undefined && (typeof members !== 'object' || members === null))
      throw new UsageError(
        `unable to ${operation}: '${group}' must be an object with a member for each name, but is ${describe(members)}`,
      )
  for (const [group, schemas] of Object.entries({ events, serverEvents }))
    for (const [name, schema] of Object.entries(schemas ?? {})) checkSchema(`${group}.${name}`, schema)
  for (const [group, operations] of Object.entries({ calls, asks }))
    for (const [name, parts] of Object.entries(operations ?? {})) {
      checkOptions(operation, parts ?? null, partNames, `${group}.${name}`)
      for (const part of ['input', 'output'] as const) checkSchema(`${group}.${name}.${part}`, parts[part])
    }
}

/** Validators of some libraries are functions. */
function checkSchema(path: string, value: unknown): void {
  const standard = (value as Partial<Schema> | null | undefined)?.['~standard']
  if (typeof standard?.validate !== 'function')
    throw new UsageError(
      `unable to ${operation}: '${path}' must be a validator of Standard Schema, such as z.string(), but is ${describe(value)}`,
    )
}

type Group<C, G extends keyof ContractTypes> =
  C extends Contract<infer D>
    ? NonNullable<D[G]>
    : C extends { readonly [K in G]: infer T }
      ? T
      : Record<never, never>
type Names<C, G extends keyof ContractTypes> = Extract<keyof Group<C, G>, string>
type Member<T, K> = K extends keyof T ? T[K] : never
type InputOf<T> = T extends { readonly '~standard': { readonly types?: infer S } }
  ? Member<NonNullable<S>, 'input'>
  : T
type OutputOf<T> = T extends { readonly '~standard': { readonly types?: infer S } }
  ? Member<NonNullable<S>, 'output'>
  : T

/** The type of a contract: `typeof chat`, or a plain interface. */
export type AnyContract = Contract | ContractTypes

/** The names of the events that clients and the hub may send. */
export type ClientEventName<C> = Names<C, 'events'>
/** The names of the events that only the hub may send. */
export type ServerEventName<C> = Names<C, 'serverEvents'>
/** The names of all events of a contract: those that a client may receive. */
export type EventName<C> = ClientEventName<C> | ServerEventName<C>
type EventMember<C, K> =
  K extends ServerEventName<C> ? Member<Group<C, 'serverEvents'>, K> : Member<Group<C, 'events'>, K>
/** The data of an event, as its sender gives it. */
export type EventInput<C, K> = InputOf<EventMember<C, K>>
/** The data of an event, as a receiver gets it. */
export type EventData<C, K> = OutputOf<EventMember<C, K>>
/** The names of a contract's calls. */
export type CallName<C> = Names<C, 'calls'>
/** The names of a contract's asks. */
export type AskName<C> = Names<C, 'asks'>

type Part<C, G extends 'calls' | 'asks', K, P> = Member<Member<Group<C, G>, K>, P>
/** The input of a call or an ask, as the caller gives it. */
export type OperationInput<C, G extends 'calls' | 'asks', K> = InputOf<Part<C, G, K, 'input'>>
/** The input of a call or an ask, as the handler gets it. */
export type OperationArgument<C, G extends 'calls' | 'asks', K> = OutputOf<Part<C, G, K, 'input'>>
/** The output of a call or an ask, as the handler returns it. */
export type OperationAnswer<C, G extends 'calls' | 'asks', K> = InputOf<Part<C, G, K, 'output'>>
/** The output of a call or an ask, as the caller gets it. */
export type OperationResult<C, G extends 'calls' | 'asks', K> = OutputOf<Part<C, G, K, 'output'>>
