import type { Contract, InputOf, OutputOf } from './contract.ts'
import type { JsonParsed } from './json-types.ts'
import type { Streamed, StreamPart, StreamSchema } from './stream.ts'

/**
 * The contract of a client without validators, which receives data as it travels: of each validator the input, as
 * JSON carries it. A contract whose validators convert nothing stays the same, and so does a contract of types
 * alone.
 *
 * ```ts
 * export interface Chat extends Raw<typeof chat> {}
 * const client = connect<Chat>('/chat')
 * ```
 */
export type Raw<C> =
  C extends Contract<infer D>
    ? [Types<D, 'input'>, Types<D, 'output'>] extends [Types<D, 'output'>, Types<D, 'input'>]
      ? C
      : RawTypes<C>
    : C

/**
 * The types of a contract whose validators convert data, as the data travels. It takes the contract and not its
 * definition, so that editors show a client as `Client<RawTypes<Chat>>`.
 */
export type RawTypes<C> = {
  readonly [G in keyof DefinitionOf<C>]: GroupTypes<G, DefinitionOf<C>[G], 'input'>
}

type DefinitionOf<C> = C extends Contract<infer D> ? D : never

/** The types of one side of all validators. */
type Types<D, Side> = { readonly [G in keyof D]: GroupTypes<G, D[G], Side> }

/** The types of a group `G` with the members `M`; of `presence`, which has no members, the type itself. */
type GroupTypes<G, M, Side> = G extends 'presence'
  ? DataOf<M, Side>
  : {
      readonly [K in keyof M]: G extends 'calls' | 'asks'
        ? { readonly [P in keyof M[K]]: TypeOf<M[K][P], Side> }
        : DataOf<M[K], Side>
    }

/** An output of a call may be a stream. */
type TypeOf<S, Side> =
  S extends StreamSchema<StreamPart> ? Streamed<Extract<DataOf<S, Side>, StreamPart>> : DataOf<S, Side>

type DataOf<S, Side> = Side extends 'input' ? JsonParsed<InputOf<S>> : OutputOf<S>
