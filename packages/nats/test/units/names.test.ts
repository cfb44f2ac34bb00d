import { expect, test } from 'vitest'
import { Names, toToken } from '../../src/names.ts'

test('names are tokens without a dot, a wildcard or a space, and different names are different tokens', () => {
  const names = [
    '#a',
    '#A',
    '#a.b',
    '#*',
    '#>',
    '#a b',
    '#é',
    '#e\u0301',
    '#\ud800',
    '#\ud801',
    '#\ufffd',
    '',
    '#👋',
  ]
  const tokens = names.map(toToken)
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(new Set(tokens).size).toBe(names.length)
})

test('kinds of subjects are told apart under a prefix', () => {
  const of = new Names('p')
  const all = [
    ...[
      of.log('x'),
      of.hints('x'),
      of.channel('x'),
      of.session('x'),
      of.user('x'),
      of.room('x'),
      of.roomHints('x'),
    ],
    ...[of.redacted('x', 1), of.redacted('x', 2), of.clock, of.leases],
  ]
  expect(new Set(all).size).toBe(all.length)
})
