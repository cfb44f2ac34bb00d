import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { searches } from '../../scenarios/searches/all.ts'

interface Mutant {
  readonly name: string
  /** Search or test that must fail. */
  readonly search?: string
  readonly test?: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

const mutants: readonly Mutant[] = JSON.parse(
  readFileSync(new URL('../../scenarios/mutants.json', import.meta.url), 'utf8'),
)

test('S-37: no two mutants have one name, and each has a search or a test that is made', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  const names = searches.map(({ name }) => name)
  const unknown = mutants.filter(({ search, test: file }) =>
    search === undefined
      ? !existsSync(new URL(`../../../../${file}`, import.meta.url))
      : file !== undefined || !names.includes(search),
  )
  expect(unknown).toEqual([])
})

test.each(mutants)(
  'S-37: the defence that the mutant "$name" takes away is in the sources',
  ({ file, find, replace }) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(source.split(find).length - 1).toBe(1)
    expect(replace).not.toBe(find)
  },
)
