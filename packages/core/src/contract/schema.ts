import { ChatError, UsageError } from '../vocabulary/errors.ts'

/**
 * A validator of any library that implements Standard Schema (zod, valibot, arktype …), reduced to the
 * members that the SDK uses. Source: https://standardschema.dev
 */
export interface Schema<Input = unknown, Output = Input> {
  /** The members that Standard Schema defines. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
      ...rest: never[]
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The result of a validation: the output, or the issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** A fault that a validator found in a value. */
export interface SchemaIssue {
  /** The fault, for people. */
  readonly message: string
  /** The path to the failing field; empty or left out for the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The `detail` of a `bad_payload` error. */
export interface PayloadFault {
  /** The path to the first failing field, such as `['user', 'name']`; empty for the value itself. */
  readonly path: readonly (string | number)[]
  /** All faults that the validator found. */
  readonly issues: readonly { readonly path: readonly (string | number)[]; readonly message: string }[]
}

/**
 * Returns the output of a schema for a value. `null` also passes as `undefined`, because data that was left out
 * travels as `null`.
 *
 * @throws ChatError `bad_payload`, with a {@link PayloadFault}, when the value does not pass.
 * @throws UsageError when the validator is asynchronous.
 */
export function validate(schema: Schema, value: unknown, subject: string): unknown {
  let result = schema['~standard'].validate(value)
  if ('then' in result) {
    result.then(undefined, () => {})
    throw new UsageError(
      `unable to validate ${subject}: its validator is asynchronous; use one that answers at once`,
    )
  }
  // Data that was left out has travelled as null.
  if (result.issues !== undefined && value === null) {
    const absent = schema['~standard'].validate(undefined)
    if (!('then' in absent) && absent.issues === undefined) result = absent
  }
  if (result.issues === undefined) return result.value
  throw payloadError(subject, result.issues)
}

function payloadError(subject: string, found: readonly SchemaIssue[]): ChatError {
  const issues = found.map((issue) => ({ path: (issue.path ?? []).map(pathKey), message: issue.message }))
  const first = issues[0] ?? { path: [], message: 'the value does not pass' }
  const where = first.path.length > 0 ? `${first.path.join('.')}: ` : ''
  const detail: PayloadFault = { path: first.path, issues }
  return new ChatError('bad_payload', `unable to accept ${subject}: ${where}${first.message}`, { detail })
}

function pathKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'number' ? key : String(key)
}
