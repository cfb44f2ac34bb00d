const thrown = (name: string) => () => {
  throw new Error(`the ${name} of this error cannot be read`)
}

/** Values that an application may throw, and that throw when a program looks at them. */
export const unreadableErrors: readonly (readonly [kind: string, make: () => unknown])[] = [
  ['null', () => null],
  ['a symbol', () => Symbol('broken')],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose toString throws', () => ({ toString: thrown('text') })],
  ['an error whose message throws', () => unreadable(new Error(''), 'message')],
  ['an error whose stack throws', () => unreadable(new Error('broken'), 'stack')],
  [
    'a proxy whose traps throw',
    () => new Proxy(new Error(''), { get: thrown('member'), getPrototypeOf: thrown('class') }),
  ],
  ['an error of another copy whose code throws', () => unreadable(foreignError(), 'code')],
  ['an error of another copy whose message is a symbol that has no text', () => foreignError()],
]

function unreadable(error: object, name: string): object {
  return Object.defineProperty(error, name, { get: thrown(name) })
}

/** An error that counts as a `ChatError` of another copy of the package. */
function foreignError(): object {
  const brand = Symbol.for('@chat/core:ChatError')
  return { [brand]: true, code: 'shop/sold_out', message: { toString: thrown('message') } }
}
