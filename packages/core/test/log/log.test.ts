import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Log } from '../../src/log/log.ts'

/** A log with items at the given offsets. */
function filled(...offsets: number[]): Log<{ at: number }> {
  const log = new Log<{ at: number }>()
  for (const at of offsets) log.push({ at })
  return log
}

const offsets = (items: readonly { at: number }[]): number[] => items.map(({ at }) => at)

describe('a log', () => {
  test('is empty at first, and after it was cleared', () => {
    const log = filled(1, 2)
    log.clear()
    for (const empty of [log, filled()]) {
      expect([empty.size, empty.first, empty.last, empty.shift(), empty.pop()]).toEqual([
        0,
        undefined,
        undefined,
        undefined,
        undefined,
      ])
      expect([empty.at(1), empty.before(9), empty.after(0, 9), empty.upTo(9, 9)]).toEqual([
        undefined,
        undefined,
        [],
        [],
      ])
    }
  })

  test('finds an item by its offset, also when offsets are missing', () => {
    const log = filled(3, 4, 8)
    expect([3, 4, 5, 8, 9].map((at) => log.at(at)?.at)).toEqual([3, 4, undefined, 8, undefined])
    expect([3, 4, 8, 100].map((at) => log.before(at)?.at)).toEqual([undefined, 3, 4, 8])
  })

  test('reads after an offset from its oldest items, and before an offset from its newest', () => {
    const log = filled(3, 4, 8, 9)
    expect(offsets(log.after(3, 2))).toEqual([4, 8])
    expect(offsets(log.after(9, 2))).toEqual([])
    expect(offsets(log.upTo(9, 2))).toEqual([4, 8])
    expect(offsets(log.upTo(3, 2))).toEqual([])
  })

  test('does not return removed items, before and after it cuts them off', () => {
    const log = filled(...Array.from({ length: 200 }, (_, i) => i + 1))
    for (let removed = 1; removed < 200; removed++) {
      expect(log.shift()?.at).toBe(removed)
      expect([log.size, log.first?.at, log.at(removed), log.before(removed + 1)]).toEqual([
        200 - removed,
        removed + 1,
        undefined,
        undefined,
      ])
      expect(offsets(log.upTo(removed + 1, 5))).toEqual([])
    }
  })

  test('equals a plain array, in every order of changes and reads', () => {
    const change = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('push'), step: fc.integer({ min: 1, max: 3 }) }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('shift'), step: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop'), step: fc.constant(0) }) },
    )
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 300, size: 'max' }),
        fc.nat(400),
        fc.nat(9),
        (changes, offset, limit) => {
          const log = filled()
          const model: number[] = []
          let top = 0
          for (const { kind, step } of changes) {
            if (kind === 'push') {
              top += step
              log.push({ at: top })
              model.push(top)
            } else if (kind === 'shift') expect(log.shift()?.at).toBe(model.shift())
            else expect(log.pop()?.at).toBe(model.pop())
          }
          const earlier = model.filter((at) => at < offset)
          expect([log.size, log.first?.at, log.last?.at]).toEqual([model.length, model[0], model.at(-1)])
          expect(log.at(offset)?.at).toBe(model.find((at) => at === offset))
          expect(log.before(offset)?.at).toBe(earlier.at(-1))
          expect(offsets(log.after(offset, limit))).toEqual(model.filter((at) => at > offset).slice(0, limit))
          expect(offsets(log.upTo(offset, limit))).toEqual(limit === 0 ? [] : earlier.slice(-limit))
        },
      ),
    )
  })
})
