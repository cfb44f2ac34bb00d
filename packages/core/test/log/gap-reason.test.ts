import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gapReason, type LogView } from '../../src/log/gap-reason.ts'

/** A log of the epoch `e` with ten messages, of which the first five were removed. */
const log: LogView = { epoch: 'e', base: 5, baseId: 'm5', top: 10, idAt: null, exists: true }

describe('the reason for which a reader cannot continue (P-ST-2)', () => {
  test.each([
    ['none at the top', 10, 'm10', { idAt: 'm10' }],
    ['none in the middle', 7, 'm7', { idAt: 'm7' }],
    ['none at the base, whose id the log remembers', 5, 'm5', {}],
    ['none at the base of a log that has forgotten its id', 5, 'any', { baseId: null }],
    ['none before the first message of a whole log', 0, null, { base: 0, baseId: null }],
  ])('is %s', (_, at, id, changes: Partial<LogView>) => {
    expect(gapReason(['e', at, id], { ...log, ...changes })).toBeNull()
  })

  test.each([
    ['absent', 'the log does not exist, in whichever epoch', ['other', 3, 'm3'], { exists: false }],
    ['epoch', 'the position is of another epoch', ['other', 7, 'm7'], { idAt: 'm7' }],
    ['epoch', 'the position is the beginning of another epoch', ['other', 0, null], { exists: false }],
    ['trimmed', 'the messages after the position were removed', ['e', 4, 'm4'], {}],
    ['trimmed', 'the position is the beginning of a log without its first messages', ['e', 0, null], {}],
    ['diverged', 'the position is beyond the top', ['e', 11, 'm11'], {}],
    ['diverged', 'another message has its offset', ['e', 7, 'm7'], { idAt: 'other' }],
    ['diverged', 'the message at the base had another id', ['e', 5, 'other'], {}],
    ['diverged', 'the log has no message at its offset', ['e', 7, 'm7'], { idAt: null }],
  ] as const)('is %s when %s', (reason, _, position, changes: Partial<LogView>) => {
    expect(gapReason(position, { ...log, ...changes })).toBe(reason)
  })

  test('is none exactly for the positions of the kept messages, and of the message before them', () => {
    const logs = fc.record({ base: fc.nat(20), count: fc.nat(20) })
    fc.assert(
      fc.property(logs, fc.nat(50), fc.boolean(), ({ base, count }, at, forged) => {
        const top = base + count
        const exists = top > 0
        const kept = at > base && at <= top
        const view = { epoch: 'e', base, baseId: `m${base}`, top, idAt: kept ? `m${at}` : null, exists }
        const id = at === 0 ? null : forged ? 'forged' : `m${at}`
        const continues = at >= base && at <= top && (id === null || !forged)
        expect(gapReason(['e', at, id], view) === null).toBe(continues)
      }),
    )
  })
})
