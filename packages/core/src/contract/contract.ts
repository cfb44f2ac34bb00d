import { checkOptions, describe, type OptionNames } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../vocabulary/event-name.ts'
import type { ContractDefinition, ContractGroup, Operation } from './definition.ts'
import type { Arrived, JsonChecked } from './json-types.ts'
import {
  isSchema,
  isStream,
  type Streamed,
  type StreamPart,
  type StreamSchema,
  type StreamSource,
} from './stream.ts'
import { DefinitionValidator, type Validator, withoutValidators } from './validator.ts'

/**
 * A contract as plain TypeScript: the same groups, with types in place of validators.
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
  /** Streams, with the type of the whole: `string` for a text, an array for a list. */
  readonly streams?: object
  /**
   * Streams that clients write too. List their names in the option `clientStreams` of the hub, which does not see
   * types.
   */
  readonly clientStreams?: object
  /** Calls, each with `input` and `output`. An output of the type {@link Streamed} is answered in parts. */
  readonly calls?: object
  /** Asks, each with `input` and `output`. */
  readonly asks?: object
  /** State that a session shows to the members of its rooms. */
  readonly presence?: unknown
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
 * Only the hub writes the `streams`; those that clients write too stand in `clientStreams`.
 * `presence` is the validator of the state that a session shows in its rooms, the same for all rooms.
 *
 * @throws UsageError when a name stands in two groups, starts with `$` as the SDK's own events do, or is no
 * event name; also for a group that does not exist, and a value that is not a validator.
 */
export function contract<const D extends ContractDefinition>(definition: D): Contract<D> {
  checkDefinition(definition)
  const seen = new Set<string>()
  for (const group of groups)
    for (const name of Object.keys(definition[group] ?? {})) {
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
  streams: true,
  clientStreams: true,
  calls: true,
  asks: true,
  presence: true,
}
const groups = ['events', 'serverEvents', 'streams', 'clientStreams', 'calls', 'asks'] as const
const partNames: OptionNames<Operation> = { input: true, output: true }

/** @throws UsageError for a group or a part that does not exist, and for a value that is not a validator. */
function checkDefinition(definition: ContractDefinition): void {
  if (definition === undefined)
    throw new UsageError(`unable to ${operation}: give an object with ${Object.keys(groupNames).join(', ')}`)
  checkOptions(operation, definition, groupNames)
  const { events, serverEvents, streams, clientStreams, calls, asks, presence } = definition
  if (presence !== undefined) checkSchema('presence', presence)
  for (const group of groups) {
    const members = definition[group]
    if (members !== undefined && (typeof members !== 'object' || members === null))
      throw new UsageError(
        `unable to ${operation}: '${group}' must be an object with a member for each name, but is ${describe(members)}`,
      )
  }
  for (const [group, schemas] of Object.entries({ events, serverEvents }))
    for (const [name, schema] of Object.entries(schemas ?? {})) checkSchema(`${group}.${name}`, schema)
  for (const [group, schemas] of Object.entries({ streams, clientStreams }))
    for (const [name, schema] of Object.entries(schemas ?? {})) checkStream(`${group}.${name}`, schema)
  for (const [group, operations] of Object.entries({ calls, asks }))
    for (const [name, parts] of Object.entries(operations ?? {})) {
      const path = `${group}.${name}`
      checkOptions(operation, parts ?? null, partNames, path)
      checkSchema(`${path}.input`, parts.input)
      checkSchema(`${path}.output`, parts.output, group === 'calls')
    }
}

function checkSchema(path: string, value: unknown, mayStream = false): void {
  if (!isSchema(value))
    throw new UsageError(
      `unable to ${operation}: '${path}' must be a validator of Standard Schema, such as z.string(), but is ${describe(value)}`,
    )
  if (!mayStream && isStream(value))
    throw new UsageError(
      `unable to ${operation}: '${path}' is a stream; streams stand in 'streams', or are the output of a call`,
    )
}

function checkStream(path: string, value: unknown): void {
  if (!isSchema(value) || !isStream(value))
    throw new UsageError(
      `unable to ${operation}: '${path}' must be made by stream(), such as stream(z.string()), but is ${describe(value)}`,
    )
}

type Group<C, G extends ContractGroup> =
  C extends Contract<infer D>
    ? NonNullable<D[G]>
    : C extends { readonly [K in G]: infer T }
      ? T
      : Record<never, never>
type Names<C, G extends ContractGroup> = Extract<keyof Group<C, G>, string>
type Member<T, K> = K extends keyof T ? T[K] : never
/** Data as its sender gives it: the input of a validator, or a type. */
export type InputOf<T> = T extends { readonly '~standard': { readonly types?: infer S } }
  ? Member<NonNullable<S>, 'input'>
  : JsonChecked<T>
/** Data as its receiver gets it: the output of a validator, or a type. */
export type OutputOf<T> = T extends { readonly '~standard': { readonly types?: infer S } }
  ? Member<NonNullable<S>, 'output'>
  : Arrived<JsonChecked<T>>

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
/** The names of the streams that clients write too. */
export type ClientStreamName<C> = Names<C, 'clientStreams'>
/** The names of a contract's streams, without those that answer calls. */
export type StreamName<C> = Names<C, 'streams'> | ClientStreamName<C>
type StreamMember<C, K> =
  K extends ClientStreamName<C> ? Member<Group<C, 'clientStreams'>, K> : Member<Group<C, 'streams'>, K>
/** A part of a stream, as its writer gives it: a string, or an array of items. */
export type StreamInput<C, K> = StreamPartOf<InputOf<StreamMember<C, K>>>
/**
 * The whole of a stream, or a part of it, as a reader gets it: a string, or an array of items. `K` is the name of
 * a stream, or of a call that is answered by a stream.
 */
export type StreamData<C, K> =
  K extends StreamName<C>
    ? StreamPartOf<OutputOf<StreamMember<C, K>>>
    : OperationResult<C, 'calls', K> extends Streamed<infer P>
      ? P
      : never
/** The names of a contract's calls that are answered by a stream. */
export type StreamedCallName<C> = {
  [K in CallName<C>]: OperationResult<C, 'calls', K> extends Streamed<StreamPart> ? K : never
}[CallName<C>]
/** The declaration of presence states; `unknown` in a contract without it. */
type StateMember<C> =
  C extends Contract<infer D>
    ? D extends { readonly presence: infer S }
      ? S
      : unknown
    : C extends { readonly presence: infer S }
      ? S
      : unknown
/** The presence state of a session, as its client gives it: `unknown` in a contract without `presence`. */
export type PresenceInput<C> = InputOf<StateMember<C>> | null
/**
 * The presence state of a member, as others get it: `unknown` in a contract without `presence`. `null` is the state
 * of a member that has given none.
 */
export type PresenceState<C> = OutputOf<StateMember<C>> | null
/** The names of a contract's calls. */
export type CallName<C> = Names<C, 'calls'>
/** The names of a contract's asks. */
export type AskName<C> = Names<C, 'asks'>

type Part<C, G extends 'calls' | 'asks', K, P> = Member<Member<Group<C, G>, K>, P>
/** The input of a call or an ask, as the caller gives it. */
export type OperationInput<C, G extends 'calls' | 'asks', K> = InputOf<Part<C, G, K, 'input'>>
/** The input of a call or an ask, as the handler gets it. */
export type OperationArgument<C, G extends 'calls' | 'asks', K> = OutputOf<Part<C, G, K, 'input'>>
/** The output of a call or an ask, as the handler returns it: of a streamed call, the source of its parts. */
export type OperationAnswer<C, G extends 'calls' | 'asks', K> = AnswerOf<Part<C, G, K, 'output'>>
/**
 * The output of a call or an ask, as the hub answers it. Of a streamed call it is {@link Streamed}, for which
 * {@link Client.call} resolves with a reader.
 */
export type OperationResult<C, G extends 'calls' | 'asks', K> = ResultOf<Part<C, G, K, 'output'>>

type StreamPartOf<T> = T extends StreamPart ? T : never
type AnswerOf<T> =
  T extends Streamed<infer P>
    ? StreamSource<P>
    : T extends StreamSchema<infer I>
      ? StreamSource<I>
      : InputOf<T>
type ResultOf<T> =
  T extends Streamed<StreamPart> ? T : T extends StreamSchema<StreamPart, infer O> ? Streamed<O> : OutputOf<T>
