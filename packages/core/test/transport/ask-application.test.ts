import { expect, test, vi } from 'vitest'
import { askApplication } from '../../src/transport/ask-application.ts'

const outcomes = {
  answered: (value: unknown) => ['answered', value],
  failed: (error: unknown) => ['failed', error],
}

test('an answer at once is used in the same call', () => {
  expect(askApplication(() => 7, outcomes)).toEqual(['answered', 7])
})

test('a promise is awaited, and throws and rejections are failures', async () => {
  const error = new Error('a bug')
  expect(await askApplication(() => Promise.resolve(7), outcomes)).toEqual(['answered', 7])
  expect(await askApplication(() => Promise.reject(error), outcomes)).toEqual(['failed', error])
  const thrown = (): never => {
    throw error
  }
  expect(askApplication(thrown, outcomes)).toEqual(['failed', error])
})

test('an answer that never comes is a failure after ten seconds', async () => {
  vi.useFakeTimers()
  const outcome = askApplication(() => new Promise(() => {}), outcomes)
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  expect(await outcome).toMatchObject(['failed', { message: expect.stringContaining('within 10000 ms') }])
})
