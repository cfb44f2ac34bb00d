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
      : Types<D, 'input'>
    : C

/** The types of one side of all validators. */
type Types<D, Side> = {
  readonly [G in keyof D]: G extends 'presence'
    ? DataOf<D[G], Side>
    : {
        readonly [K in keyof D[G]]: G extends 'calls' | 'asks'
          ? { readonly [P in keyof D[G][K]]: TypeOf<D[G][K][P], Side> }
          : DataOf<D[G][K], Side>
      }
}

/** An output of a call may be a stream. */
type TypeOf<S, Side> =
  S extends StreamSchema<StreamPart> ? Streamed<Extract<DataOf<S, Side>, StreamPart>> : DataOf<S, Side>

type DataOf<S, Side> = Side extends 'input' ? JsonParsed<InputOf<S>> : OutputOf<S>
