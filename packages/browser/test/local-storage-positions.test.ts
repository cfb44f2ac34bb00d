import { UsageError } from '@chat/core'
import { expect, it } from 'vitest'
import { localStoragePositions } from '../src/index.ts'

it('needs a name, and refuses options that do not exist', () => {
  for (const name of ['', undefined, 7])
    expect(() => localStoragePositions(name as string)).toThrow(
      "unable to keep positions: give a name for the storage, such as 'app'",
    )
  expect(() => localStoragePositions('app', { max: 1 } as never)).toThrow(UsageError)
})

it('does nothing before a client is made, so that a page can be rendered on a server', () => {
  expect(localStoragePositions('app')).toEqual({ open: expect.any(Function) })
})
