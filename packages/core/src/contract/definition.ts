import type { Schema } from './schema.ts'
import type { StreamSchema } from './stream.ts'

/** A call or an ask: its input and its output. */
export interface Operation<Input = unknown, Output = unknown> {
  /** The value that the caller gives. */
  readonly input: Input
  /** The value that the handler returns. */
  readonly output: Output
}

/**
 * A contract as validators, by group and name.
 */
export interface ContractDefinition {
  /** Events of messages and casts, with the validator of their data. */
  readonly events?: Readonly<Record<string, Schema>> | undefined
  /** Events that only the hub sends, with the validator of their data. A client that sends one is refused. */
  readonly serverEvents?: Readonly<Record<string, Schema>> | undefined
  /**
   * Streams: messages of the hub that arrive in parts while they are written, each made by `stream()`. A
   * client that sends one is refused.
   */
  readonly streams?: Readonly<Record<string, StreamSchema>> | undefined
  /** Streams that clients write too, each made by `stream()`. */
  readonly clientStreams?: Readonly<Record<string, StreamSchema>> | undefined
  /** Calls: from a client to the hub, which answers. An output that `stream()` has made is answered in parts. */
  readonly calls?: Readonly<Record<string, Operation<Schema, Schema>>> | undefined
  /** Asks: from the hub to a client, which answers. */
  readonly asks?: Readonly<Record<string, Operation<Schema, Schema>>> | undefined
  /**
   * State that a session shows to the members of its rooms. `null` stands for no state, and always passes.
   */
  readonly presence?: Schema | undefined
}

/** Group of a contract: a part that has names. */
export type ContractGroup = Exclude<keyof ContractDefinition, 'presence'>
