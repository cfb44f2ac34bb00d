class Secretive {
  readonly #secret = 1
  get secret(): number {
    return this.#secret
  }
}

const cycle: Record<string, unknown> = {}
cycle['self'] = { again: cycle }

/** Returns an object whose property `name` calls a function when it is read. */
const read = (name: string, get: () => unknown): object =>
  Object.defineProperty({}, name, { enumerable: true, get })

const fail = (): never => {
  throw new Error('no value')
}

/** Values that JSON does not carry, each with a part of the error that names it. */
export const uncarried: readonly (readonly [name: string, value: unknown, named: string])[] = [
  ['a Map', new Map([['a', 1]]), 'an instance of Map'],
  ['an empty Map', new Map(), 'an instance of Map'],
  ['a Map with a property', Object.assign(new Map([['a', 1]]), { b: 2 }), 'an instance of Map'],
  ['a Set', new Set([1]), 'an instance of Set'],
  ['a WeakMap', new WeakMap(), 'an instance of WeakMap'],
  ['an ArrayBuffer', new ArrayBuffer(8), 'an instance of ArrayBuffer'],
  ['bytes', new Uint8Array([1, 2]), 'an instance of Uint8Array'],
  ['doubles', new Float64Array([1.5]), 'an instance of Float64Array'],
  ['64-bit integers', new BigInt64Array([1n]), 'an instance of BigInt64Array'],
  ['a DataView', new DataView(new ArrayBuffer(8)), 'an instance of DataView'],
  [
    'a Buffer',
    Object.assign(new Uint8Array([1]), { toJSON: () => ({ type: 'Buffer' }) }),
    'an instance of Uint8Array',
  ],
  ['a Blob', new Blob(['text']), 'an instance of Blob'],
  ...withoutMethod([
    ['a form', new FormData(), 'an instance of FormData'],
    ['headers', new Headers({ a: 'b' }), 'an instance of Headers'],
    ['parameters of a URL', new URLSearchParams('a=b'), 'an instance of URLSearchParams'],
  ]),
  ['an Error', new Error('broken'), 'an instance of Error'],
  ['an Error with a code', Object.assign(new TypeError('broken'), { code: 7 }), 'an instance of TypeError'],
  ['a promise', Promise.resolve(1), 'an instance of Promise'],
  ['a regular expression', /a+/, 'an instance of RegExp'],
  ['NaN', Number.NaN, 'NaN'],
  ['Infinity', Number.POSITIVE_INFINITY, 'Infinity'],
  ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['a bigint', 12345678901234567890n, '12345678901234567890n'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a function', function hook() {}, 'the function hook'],
  ['a class', Secretive, 'the function Secretive'],
  ['an instance without fields', new Secretive(), 'an instance of Secretive'],
  ['a generator', (function* () {})(), 'an instance of '],
  ['a date that is invalid', new Date(Number.NaN), 'an instance of Date'],
  ['undefined in an array', [undefined], 'undefined'],
  // biome-ignore lint/suspicious/noSparseArray: a hole is the case
  ['a hole in an array', [1, , 3], 'undefined'],
  ['the arguments of a call', (() => Object.assign(argumentsOf(1), {}))(), 'an instance of Object'],
  ['a cycle', cycle, 'a value that contains itself'],
  ['a getter that throws', read('sum', fail), 'Error: no value'],
  ['a toJSON that throws', { toJSON: fail }, 'Error: no value'],
  ['a toJSON without a result', { toJSON: () => undefined }, 'an instance of Object'],
  ['a toJSON that returns null', { toJSON: () => null }, 'an instance of Object'],
  ['a proxy that throws', new Proxy({}, { ownKeys: fail }), 'Error: no value'],
  ['a proxy of a Map', new Proxy(new Map(), {}), 'an instance of Map'],
]

/** Leaves out the values for which the runtime has a method `toJSON`, as Bun has for forms: JSON carries those. */
function withoutMethod<T extends readonly [string, object, string]>(cases: readonly T[]): readonly T[] {
  return cases.filter(([, value]) => !('toJSON' in value))
}

function argumentsOf(..._given: unknown[]): object {
  // biome-ignore lint/complexity/noArguments: they are the case
  return arguments
}

class Point {
  readonly x = 1
  readonly y = 2
}

/** Values that JSON carries, each with the value that a receiver gets. */
export const carried: readonly (readonly [name: string, value: unknown, received: unknown])[] = [
  ['null', null, null],
  ['undefined', undefined, null],
  ['a text with half a character', '\ud800', '\ud800'],
  ['the largest double', Number.MAX_VALUE, Number.MAX_VALUE],
  ['an integer beyond 2^53', 2 ** 60, 2 ** 60],
  ['a plain object', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['empty objects', [{}, Object.create(null), []], [{}, {}, []]],
  ['a property that is undefined', { a: 1, b: undefined }, { a: 1 }],
  ['an instance with fields', new Point(), { x: 1, y: 2 }],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a URL', new URL('https://app.example/a'), 'https://app.example/a'],
  ['an object with toJSON', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
  ['a proxy of an object', new Proxy({ a: 1 }, {}), { a: 1 }],
  ['the same object twice', ((same) => [same, same])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
]
