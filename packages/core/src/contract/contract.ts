import { UsageError } from '../vocabulary/errors.ts'
import { isEventName } from '../vocabulary/event-name.ts'
import type { Schema } from './schema.ts'

/** A call or an ask: what goes in, and what comes back. */
export interface Operation<Input = unknown, Output = unknown> {
  readonly input: Input
  readonly output: Output
}

/**
 * What both sides agree on, as validators: events (messages and casts), calls (client → hub, answered) and asks
 * (hub → client, answered).
 */
export interface ContractDefinition {
  readonly events?: Readonly<Record<string, Schema>>
  readonly calls?: Readonly<Record<string, Operation<Schema, Schema>>>
  readonly asks?: Readonly<Record<string, Operation<Schema, Schema>>>
}

/**
 * What both sides agree on, as plain TypeScript: the same three groups, with types in the place of validators.
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
  readonly events?: object
  readonly calls?: object
  readonly asks?: object
}

/** The types of a hub or client that was given none: any name, with data that is unknown. */
export interface Untyped {
  readonly events: Record<string, unknown>
  readonly calls: Record<string, Operation>
  readonly asks: Record<string, Operation>
}

/** A contract with validators, made by {@link contract}. */
export interface Contract<D extends ContractDefinition = ContractDefinition> {
  /** The validators, by group and name. */
  readonly definition: D
}

/**
 * Makes a contract from validators. Server and browser share it: types are inferred on both sides, and what does not pass is
 * `bad_payload`. The sender validates and sends its input as given; the receiver validates and hands on the output.
 *
 * ```ts
 * export const chat = contract({
 *   events: { say: z.object({ text: z.string().max(2000) }) },
 *   calls: { rename: { input: z.object({ name: z.string() }), output: z.object({ ok: z.boolean() }) } },
 * })
 * ```
 *
 * @throws UsageError when a name stands in two groups, starts with `$` (those are the SDK's own), or is no event name.
 */
export function contract<const D extends ContractDefinition>(definition: D): Contract<D> {
  const seen = new Set<string>()
  for (const group of [definition.events, definition.calls, definition.asks])
    for (const name of Object.keys(group ?? {})) {
      if (seen.has(name))
        throw new UsageError(`unable to make the contract: '${name}' stands in it twice; rename one`)
      if (name.startsWith('$'))
        throw new UsageError(
          `unable to make the contract: '${name}' starts with $, as only the SDK's own events do`,
        )
      if (!isEventName(name))
        throw new UsageError(
          `unable to make the contract: ${JSON.stringify(name)} is no name; names have 1–128 bytes and no control characters`,
        )
      seen.add(name)
    }
  return { definition }
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

/** What may stand where a contract's type is asked for: `typeof chat`, or a plain interface. */
export type AnyContract = Contract | ContractTypes

/** The names of a contract's events. */
export type EventName<C> = Names<C, 'events'>
/** What a sender of an event gives. */
export type EventInput<C, K> = InputOf<Member<Group<C, 'events'>, K>>
/** What a receiver of an event gets. */
export type EventData<C, K> = OutputOf<Member<Group<C, 'events'>, K>>
/** The names of a contract's calls. */
export type CallName<C> = Names<C, 'calls'>
/** The names of a contract's asks. */
export type AskName<C> = Names<C, 'asks'>

type Part<C, G extends 'calls' | 'asks', K, P> = Member<Member<Group<C, G>, K>, P>
/** What the one who calls or asks gives. */
export type OperationInput<C, G extends 'calls' | 'asks', K> = InputOf<Part<C, G, K, 'input'>>
/** What the one who answers gets. */
export type OperationArgument<C, G extends 'calls' | 'asks', K> = OutputOf<Part<C, G, K, 'input'>>
/** What the one who answers returns. */
export type OperationAnswer<C, G extends 'calls' | 'asks', K> = InputOf<Part<C, G, K, 'output'>>
/** What the one who called or asked gets. */
export type OperationResult<C, G extends 'calls' | 'asks', K> = OutputOf<Part<C, G, K, 'output'>>
