import { describe, expect, test } from 'vitest'
import { attempt, whenReady } from '../../src/runtime/maybe-promise.ts'

describe('a value that may come later', () => {
  const run = <T>(what: () => T | Promise<T>): unknown[] => {
    const order: unknown[] = []
    attempt(
      what,
      (value) => order.push(['next', value]),
      (error) => order.push(['failed', (error as Error).message]),
    )
    order.push('returned')
    return order
  }

  test('is handed on in this very call when it is there', () => {
    expect(run(() => 1)).toEqual([['next', 1], 'returned'])
  })

  test('is handed on later when it is a promise', async () => {
    const order = run(async () => 1)
    expect(order).toEqual(['returned'])
    await Promise.resolve()
    expect(order).toEqual(['returned', ['next', 1]])
  })

  test('fails in this very call when the function throws, later when it rejects', async () => {
    const thrown = run(() => {
      throw new Error('no')
    })
    expect(thrown).toEqual([['failed', 'no'], 'returned'])
    const rejected = run(async () => {
      throw new Error('no')
    })
    await Promise.resolve()
    expect(rejected).toEqual(['returned', ['failed', 'no']])
  })

  test('fails when it throws while it is touched', async () => {
    const fail = (): never => {
      throw new Error('no')
    }
    expect(run(() => new Proxy({}, { get: fail }))).toEqual([['failed', 'no'], 'returned'])
    const order = run(() => Object.fromEntries([['then', fail]]))
    await new Promise(setImmediate)
    expect(order).toEqual(['returned', ['failed', 'no']])
  })

  test('whenReady takes any thenable', async () => {
    const values: unknown[] = []
    whenReady(
      Promise.resolve(2),
      (value) => values.push(value),
      () => {},
    )
    whenReady(
      1,
      (value) => values.push(value),
      () => {},
    )
    await Promise.resolve()
    expect(values).toEqual([1, 2])
  })
})
