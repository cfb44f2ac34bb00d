import type { Schema } from '../../contract/schema.ts'
import { declareStream, type StreamPart, type StreamSchema } from '../../contract/stream.ts'
import { readStreams } from './read-streams.ts'

/**
 * Declares a stream: a message that arrives in parts while it is written. It stands in the group `streams` of a
 * contract, or is the output of a call.
 *
 * ```ts
 * const chat = contract({
 *   streams: { answer: stream(z.string()), steps: stream(z.array(step)) },
 *   calls: { ask: { input: prompt, output: stream(z.string()) } },
 * })
 * ```
 *
 * The validator decides the kind: a validator that accepts `''` declares a text, and a validator that accepts
 * `[]` a list. Each part of a list is validated by it. The parts of a text can be any strings, because no
 * validator can know the end of a text that is still written.
 *
 * @throws UsageError when the value is not a validator, answers with a promise, or accepts neither `''` nor
 * `[]`, or both.
 */
export const stream = <Input extends StreamPart, Output extends StreamPart>(
  schema: Schema<Input, Output>,
): StreamSchema<Input, Output> => declareStream(schema, readStreams)
