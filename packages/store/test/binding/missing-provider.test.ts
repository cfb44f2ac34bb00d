import { UsageError } from '@chat/core'
import { tellMissingProvider } from '@chat/store/binding'
import { expect, test, vi } from 'vitest'

test('a missing provider is told once for each framework', () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const advice of ['call provide()', 'call provide()', 'use the plugin']) tellMissingProvider(advice)
  expect(told.mock.calls.map(([, error]) => error)).toEqual([
    new UsageError('unable to find a client for these components: call provide()'),
    new UsageError('unable to find a client for these components: use the plugin'),
  ])
  told.mockRestore()
})
