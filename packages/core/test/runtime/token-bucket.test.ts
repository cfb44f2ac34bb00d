import { describe, expect, test } from 'vitest'
import { TokenBucket } from '../../src/runtime/token-bucket.ts'

/** Takes a token and returns 0, or returns the time until there is a token. */
function take(bucket: TokenBucket, now: number): number {
  const wait = bucket.wait(now, 1)
  if (wait === 0) bucket.charge(now)
  return wait
}

describe('a bucket', () => {
  test('gives a burst at once and its rate in the long run', () => {
    const bucket = new TokenBucket(10, 5, 0)
    let taken = 0
    for (let now = 0; now <= 10_000; now++) while (take(bucket, now) === 0) taken++
    expect(taken).toBe(105)
  })

  test('says for how long there will be none', () => {
    const bucket = new TokenBucket(4, 1, 0)
    expect(take(bucket, 0)).toBe(0)
    expect(take(bucket, 0)).toBe(250)
    expect(take(bucket, 100)).toBe(150)
    expect(take(bucket, 250)).toBe(0)
  })

  test('never holds more than its burst, however long nothing happens', () => {
    const bucket = new TokenBucket(1_000, 3, 0)
    expect([1, 2, 3, 4].map(() => take(bucket, 1e9) === 0)).toEqual([true, true, true, false])
  })

  test('can be charged what it does not have: the debt is paid off first', () => {
    const bucket = new TokenBucket(10, 1, 0)
    for (let i = 0; i < 3; i++) bucket.charge(0)
    expect(bucket.wait(0, 1)).toBe(300)
    expect(bucket.wait(200, 1)).toBe(100)
    expect(take(bucket, 300)).toBe(0)
  })

  test('tells how long several tokens take', () => {
    const bucket = new TokenBucket(10, 4, 0)
    expect([1, 4, 5, 6].map((tokens) => bucket.wait(0, tokens))).toEqual([0, 0, 100, 200])
  })
})
