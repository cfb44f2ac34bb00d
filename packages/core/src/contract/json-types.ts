/** Compile error in place of a type that JSON does not carry. */
type NotJson<Name extends string> = `unable to send ${Name}: JSON does not carry it`

/** Name of a type that JSON does not carry, for the error; `never` for all other types. */
type FaultOf<T> = T extends { toISOString(): string }
  ? 'a date object (send a string or a number)'
  : T extends bigint
    ? 'a bigint (send a string)'
    : T extends symbol
      ? 'a symbol'
      : T extends (...args: never[]) => unknown
        ? 'a function'
        : T extends ReadonlyMap<unknown, unknown> | WeakMap<WeakKey, unknown>
          ? 'a Map (send an object or an array of entries)'
          : T extends ReadonlySet<unknown> | WeakSet<WeakKey>
            ? 'a Set (send an array)'
            : T extends ArrayBuffer | ArrayBufferView
              ? 'binary data (send a string)'
              : T extends Error
                ? 'an Error (send its message)'
                : T extends RegExp
                  ? 'a RegExp (send its source)'
                  : T extends Promise<unknown>
                    ? 'a Promise (await it)'
                    : never

type Primitive = string | number | boolean | null | undefined

/** The type with an error in place of each part that JSON does not carry. */
type Checked<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : [FaultOf<T>] extends [never]
      ? T extends readonly unknown[]
        ? { [I in keyof T]: CheckedItem<T[I]> }
        : T extends object
          ? { [K in keyof T]: Checked<T[K]> }
          : T
      : NotJson<FaultOf<T>>

type CheckedItem<T> = unknown extends T
  ? T
  : undefined extends T
    ? NotJson<'undefined in an array (send null)'>
    : Checked<T>

/** A type of a contract without validators; an error takes the place of each part that JSON does not carry. */
export type JsonChecked<T> = [T] extends [Checked<T>] ? T : Checked<T>

/** Arrived data: a message without data arrives as `null`. */
export type Arrived<T> = undefined extends T ? Exclude<Exclude<T, void>, undefined> | null : T

/** The type of a value after `JSON.stringify` and `JSON.parse`, part by part. */
type Parsed<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : T extends { toJSON(...args: never[]): infer J }
      ? Parsed<J>
      : T extends readonly unknown[]
        ? { [I in keyof T]: ParsedItem<T[I]> }
        : [FaultOf<T>] extends [never]
          ? T extends object
            ? { [K in keyof T]: Parsed<T[K]> }
            : T
          : unknown

type ParsedItem<T> = unknown extends T
  ? T
  : undefined extends T
    ? Parsed<Exclude<T, undefined>> | null
    : Parsed<T>

/** The type of a value after its way as JSON. A type that JSON carries stays the same. */
export type JsonParsed<T> = [T, Parsed<T>] extends [Parsed<T>, T] ? T : Parsed<T>
