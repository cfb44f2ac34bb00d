/*
 * SHA-256 (FIPS 180-4) over UTF-8, for the secrets of sessions, never on the hot path. It is synchronous,
 * unlike WebCrypto's: a hub that waits for a promise of the platform inside a handshake would run in another
 * order under simulation. The platform's own synchronous hash is used where there is one.
 */

import { type NativeCrypto, platform } from './globals.ts'

/**
 * Computes the constants as the standard defines them: the first 32 bits of the fractional parts of the roots
 * of the first primes.
 */
function primeRoots(count: number, root: (n: number) => number): Uint32Array {
  const words = new Uint32Array(count)
  for (let n = 2, found = 0; found < count; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false
    if (prime) words[found++] = (root(n) % 1) * 2 ** 32
  }
  return words
}

const constants = /* @__PURE__ */ primeRoots(64, Math.cbrt)

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** The platform's cryptography; `null` where it has none that is synchronous, `undefined` before it is asked. */
let native: NativeCrypto | null | undefined

/**
 * Returns the SHA-256 digest of a text as 64 hexadecimal digits. Lone surrogates count as U+FFFD.
 */
export function sha256(text: string): string {
  native ??= platform.process?.getBuiltinModule?.('node:crypto') ?? null
  return native?.hash?.('sha256', text, 'hex') ?? computeSha256(text)
}

/** The same digest, computed without the platform. */
export function computeSha256(text: string): string {
  const state = primeRoots(8, Math.sqrt)
  const words = padded(text)
  const schedule = new Uint32Array(64)
  for (let block = 0; block < words.length; block += 16) {
    schedule.set(words.subarray(block, block + 16))
    compress(state, expand(schedule))
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

function padded(text: string): Uint32Array {
  const bytes = Array.from(unescape8(text))
  const words = new Uint32Array((((bytes.length + 8) >> 6) + 1) * 16)
  bytes.push(0x80)
  for (const [i, byte] of bytes.entries()) words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (24 - (i % 4) * 8))
  words[words.length - 1] = (bytes.length - 1) * 8
  return words
}

function* unescape8(text: string): Generator<number> {
  for (const character of text) {
    const code = codeOf(character)
    if (code < 0x80) yield code
    else {
      if (code < 0x800) yield 0xc0 | (code >> 6)
      else {
        if (code < 0x10000) yield 0xe0 | (code >> 12)
        else {
          yield 0xf0 | (code >> 18)
          yield 0x80 | ((code >> 12) & 63)
        }
        yield 0x80 | ((code >> 6) & 63)
      }
      yield 0x80 | (code & 63)
    }
  }
}

function codeOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  return code >= 0xd800 && code < 0xe000 ? 0xfffd : code
}

function expand(w: Uint32Array): Uint32Array {
  for (let t = 16; t < 64; t++) {
    const a = w[t - 15] ?? 0
    const b = w[t - 2] ?? 0
    const low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    w[t] = (w[t - 16] ?? 0) + low + (w[t - 7] ?? 0) + high
  }
  return w
}

function compress(state: Uint32Array, w: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t++) {
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + high + ((e & f) ^ (~e & g)) + (constants[t] ?? 0) + (w[t] ?? 0)) | 0
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] ?? 0) + word
}

/**
 * Compares two digests in a time that does not depend on the place at which they differ.
 */
export function sameDigest(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length)
  return difference === 0
}

/**
 * Returns a 128-bit fingerprint of a text as 32 hexadecimal digits: four lanes of multiply and xor (after
 * Bryc's cyrb128), well mixed, not cryptographic. It tells a repetition from another message of the same
 * session (P-PB-2): a sender could fool only itself.
 */
export function fingerprint(text: string): string {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = b ^ Math.imul(a ^ unit, 597399067)
    b = c ^ Math.imul(b ^ unit, 2869860233)
    c = d ^ Math.imul(c ^ unit, 951274213)
    d = a ^ Math.imul(d ^ unit, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  return hexadecimal([a, b, c, d])
}

const digits = /* @__PURE__ */ Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const written: number[] = /* @__PURE__ */ new Array(32).fill(0)

/**
 * Writes four lanes as 32 digits, in one step: texts joined from parts would cost as much as the hash, once
 * for each message.
 */
function hexadecimal(lanes: readonly number[]): string {
  for (let i = 0; i < written.length; i++) {
    const lane = lanes[i >> 3] ?? 0
    written[i] = digits[(lane >>> (28 - (i & 7) * 4)) & 15] ?? 0
  }
  return String.fromCharCode(...written)
}
