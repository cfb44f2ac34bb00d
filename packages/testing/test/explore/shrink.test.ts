import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shrink } from '../../src/explore/shrink.ts'

test('S-38: every remaining item is needed, and no other of many is', async () => {
  const all = Array.from({ length: 40 }, (_, index) => index)
  for (const culprits of [[], [7], [0, 39], [3, 17, 18]]) {
    const kept = await shrink(all, async (fewer) => culprits.every((culprit) => fewer.includes(culprit)))
    expect(kept).toEqual(culprits)
  }
})

test('one that is needed only because of a later one goes with it', async () => {
  // Either the last alone, or the first two together.
  const enough = async (fewer: readonly number[]) =>
    fewer.includes(9) || (fewer.includes(0) && fewer.includes(1))
  expect((await shrink([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], enough)).length).toBeLessThan(3)
})

test('for any failure, no remaining item can be left out', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(30), { maxLength: 12 }),
      fc.array(fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (items, reasons) => {
        const enough = async (fewer: readonly number[]) =>
          reasons.some((reason) => reason.every((one) => fewer.includes(one)))
        if (!(await enough(items))) return
        const kept = await shrink(items, enough)
        expect(await enough(kept)).toBe(true)
        for (const one of kept) expect(await enough(kept.filter((other) => other !== one))).toBe(false)
      },
    ),
  ))
