import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { type Schema, type SchemaIssue, type SchemaResult, validate } from './schema.ts'

/** Part of a stream: further text, or further items of a list. */
export type StreamPart = string | readonly unknown[]

/** Kind of a stream: a text, whose parts are strings, or a list, whose parts are arrays of items. */
export type StreamKind = 'text' | 'list'

/** Validator of a stream's parts, made by `stream()`. */
export interface StreamSchema<Input extends StreamPart = StreamPart, Output extends StreamPart = StreamPart>
  extends Schema<Input, Output> {
  /** Kind of the stream. */
  readonly kind: StreamKind
  /** Opens the readers of a client: the code that reads streams comes with the contract. */
  readonly open: OpenReaders
}

/** Function that a client calls once to read streams. Only the client knows the types. */
export type OpenReaders = (client: never) => object

declare const streamed: unique symbol

/**
 * Output of a call that is answered by a stream, in a contract of types alone. `Part` is the type of the whole:
 * `string` for a text, an array for a list.
 *
 * ```ts
 * interface Chat {
 *   calls: { ask: { input: { text: string }; output: Streamed<string> } }
 * }
 * ```
 */
export interface Streamed<Part extends StreamPart> {
  /** Type of the whole; no value has this member. */
  readonly [streamed]: Part
}

/** Parts of a stream, as the handler of a call returns them: strings of a text, or arrays of a list's items. */
export type StreamSource<Part extends StreamPart> = AsyncIterable<Part> | Iterable<Part>

/**
 * Declares a stream, whose readers `open` makes.
 *
 * @throws UsageError when the value is not a validator, answers with a promise, or accepts neither `''` nor
 * `[]`, or both.
 */
export function declareStream<Input extends StreamPart, Output extends StreamPart>(
  schema: Schema<Input, Output>,
  open: OpenReaders,
): StreamSchema<Input, Output> {
  if (!isSchema(schema))
    throw new UsageError(
      `unable to ${operation}: give a validator of Standard Schema, such as stream(z.string()), not ${describe(schema)}`,
    )
  const kind = kindOf(schema)
  return { kind, open, '~standard': kind === 'list' ? anyLength(schema['~standard']) : anyText }
}

/** Tells if a value is a validator of Standard Schema. Validators of some libraries are functions. */
export const isSchema = (value: unknown): value is Schema =>
  typeof (value as Partial<Schema> | null | undefined)?.['~standard']?.validate === 'function'

/** Tells if a validator was made by `stream()`. */
export function isStream(schema: Schema): schema is StreamSchema {
  const { kind } = schema as Partial<StreamSchema>
  return kind === 'text' || kind === 'list'
}

const operation = 'declare a stream'

const anyText: StreamSchema<never, never>['~standard'] = {
  version: 1,
  vendor: '@chat/core',
  validate: (value) =>
    typeof value === 'string'
      ? { value: value as never }
      : { issues: [{ message: `a part of a text must be a string, but is ${describe(value)}` }] },
}

/**
 * Returns the validator of a list of any length, which validates each item alone: a validator says of a list only what
 * an item is, because parts are joined, and the end of the list is not known while it is written.
 */
function anyLength<Input, Output>(standard: Schema<Input, Output>['~standard']): typeof standard {
  // An asynchronous validator was refused.
  const check = (value: unknown) => standard.validate(value) as SchemaResult<Output>
  return {
    ...standard,
    validate: (value) => {
      if (!Array.isArray(value)) return check(value)
      const issues: SchemaIssue[] = []
      const items = value.flatMap((item, index) => {
        const result = check([item])
        if (result.issues === undefined) return result.value
        for (const { message, path = [] } of result.issues)
          issues.push({ message, path: [index, ...path.slice(1)] })
        return []
      })
      return issues.length > 0 ? { issues } : { value: items as Output }
    },
  }
}

/** @throws UsageError for a validator that decides for no kind, or for both. */
function kindOf(schema: Schema): StreamKind {
  const text = accepts(schema, '')
  const list = accepts(schema, [])
  if (text !== list) return text ? 'text' : 'list'
  throw new UsageError(
    text
      ? `unable to ${operation}: its validator accepts a text and an array; use a validator of one kind, such as z.string() or z.array(item)`
      : `unable to ${operation}: its validator accepts neither '' nor [], with which a stream begins; use a validator such as z.string() or z.array(item), without a minimum length`,
  )
}

function accepts(schema: Schema, value: StreamPart): boolean {
  try {
    validate(schema, value, 'the stream')
    return true
  } catch (error) {
    if (error instanceof UsageError) throw error
    return false
  }
}
