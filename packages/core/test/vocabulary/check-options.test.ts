import { describe, expect, test } from 'vitest'
import { checkOptions } from '../../src/vocabulary/check-options.ts'
import { UsageError } from '../../src/vocabulary/errors.ts'

interface Options {
  readonly path?: string
  readonly limit?: number
}

const known = { path: true, limit: true } as const
const check = (given: unknown, group?: string) => () =>
  checkOptions<Options>('start the hub', given as Options, known, group)

describe('options', () => {
  test('that exist pass, and so do none', () => {
    expect(check({ path: '/', limit: undefined })).not.toThrow()
    expect(check(undefined)).not.toThrow()
  })

  test('that do not exist are refused, with the list of those that do', () => {
    expect(check({ paht: '/' })).toThrow(UsageError)
    expect(check({ paht: '/' })).toThrow(
      "unable to start the hub: there is no option 'paht'; the options are path, limit",
    )
  })

  test('of a group are named with their group', () => {
    expect(check({ lim: 1 }, 'limits')).toThrow("there is no option 'limits.lim'")
  })

  test('named like members of every object do not exist', () => {
    expect(check({ constructor: 1 })).toThrow("there is no option 'constructor'")
    expect(check(JSON.parse('{"__proto__":1}'))).toThrow("there is no option '__proto__'")
  })

  test.each([
    ['text', '"text"'],
    [null, 'null'],
    [() => {}, 'the function'],
    [[1], 'an array'],
  ])('must be an object: %s is not', (given, text) => {
    expect(check(given)).toThrow(`unable to start the hub: the options are not an object, but ${text}`)
  })
})
