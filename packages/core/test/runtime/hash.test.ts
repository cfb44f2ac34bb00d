import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { computeSha256, fingerprint, sameDigest, sha256 } from '../../src/runtime/hash.ts'

const wellFormed = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff })))
  .map((points) => String.fromCodePoint(...points))

const ways = [
  ['by the platform', sha256],
  ['computed', computeSha256],
] as const

describe.each(ways)('sha256, %s', (_, sha256) => {
  // FIPS 180-4, and NIST's examples.
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('gives the digests of the standard', (text, digest) => {
    expect(sha256(text)).toBe(digest)
  })

  test('equals the platform’s digest at every length around the edges of a block', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'x'.repeat(length)
      expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'))
    }
  })

  test('equals the platform’s digest for any well-formed text', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'))
      }),
    )
  })
})

test('both ways take lone surrogates for U+FFFD', () => {
  for (const text of ['\ud800', 'a\udfffb', '\udc00\ud800'])
    expect(sha256(text)).toBe(computeSha256(text.replaceAll(/\p{Surrogate}/gu, '\ufffd')))
  expect(computeSha256('a\ud800')).toBe(sha256('a\ufffd'))
})

describe('sameDigest', () => {
  test('compares all of two texts', () => {
    const digest = sha256('x')
    expect(sameDigest(digest, sha256('x'))).toBe(true)
    for (let i = 0; i < digest.length; i++) {
      const other = `${digest.slice(0, i)}${digest[i] === '0' ? '1' : '0'}${digest.slice(i + 1)}`
      expect(sameDigest(digest, other)).toBe(false)
    }
  })

  test.each([
    ['', ''],
    ['', 'a'],
    ['a', ''],
    ['ab', 'a'],
    ['aa', 'a'],
    ['a', 'aa'],
  ])('compares %j and %j, whatever their lengths', (a, b) => {
    expect(sameDigest(a, b)).toBe(a === b)
  })
})

describe('fingerprint', () => {
  test('has 128 bits, and is the same for the same text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fingerprint(text)).toMatch(/^[0-9a-f]{32}$/)
        expect(fingerprint(text)).toBe(fingerprint(text))
      }),
    )
  })

  test('tells 200 000 texts apart that differ by little', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      seen.add(fingerprint(`["say",{"n":${i}}]`))
      seen.add(fingerprint(`${'a'.repeat(i % 50)}b${i}`))
    }
    expect(seen.size).toBe(200_000)
  })

  test('each bit of the text changes about half of its own', () => {
    const bits = (text: string): number[] =>
      [...fingerprint(text)].flatMap((digit) =>
        [...Array(4).keys()].map((i) => (Number.parseInt(digit, 16) >> i) & 1),
      )
    let changed = 0
    for (let i = 0; i < 200; i++) {
      const [before, after] = [bits(`message ${i}`), bits(`message ${i}!`)]
      changed += before.filter((bit, n) => bit !== after[n]).length
    }
    expect(Math.abs(changed / 200 - 64)).toBeLessThan(4)
  })
})
