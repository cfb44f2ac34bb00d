import { expect, test } from 'vitest'
import { fragmentsOf, payloadOf, takeFrame } from '../src/fragments.ts'

const kib64 = 64 * 1024

/** Reads unmasked frames back. */
function read(frames: readonly (Uint8Array | string)[]) {
  return frames.map((frame) => {
    const bytes = typeof frame === 'string' ? Buffer.from(frame, 'latin1') : Buffer.from(frame)
    const short = bytes.readUInt8(1)
    const length = short === 126 ? bytes.readUInt16BE(2) : short
    const payload = bytes.subarray(short === 126 ? 4 : 2)
    return { first: bytes.readUInt8(0), complete: payload.length === length, payload }
  })
}

test.each([0, 1, 125, 126, 127, 1_024, 1_025, 65_531, 65_532])(
  'a message of %i bytes is one frame',
  (size) => {
    const made = fragmentsOf('x'.repeat(size))

    expect(made).toHaveLength(1)
    const [one] = read(made.map(({ frame }) => frame))
    expect([one?.first, one?.complete, one?.payload.length]).toEqual([0x81, true, size])
    expect(made[0]?.isLast).toBe(true)
  },
)

test.each([65_533, 131_064, 131_065, 320 * 1024])(
  'a message of %i bytes is cut into fragments of at most 64 KiB, header included (P-LV-4)',
  (size) => {
    const message = 'ä'.repeat(size / 2) + 'x'.repeat(size % 2)
    const made = fragmentsOf(message)
    const frames = read(made.map(({ frame }) => frame))

    expect(Math.max(...made.map(({ frame }) => frame.length))).toBeLessThanOrEqual(kib64)
    expect(frames.every(({ complete }) => complete)).toBe(true)
    const firsts = frames.map(({ first }) => first)
    expect(firsts).toEqual([0x01, ...Array(frames.length - 2).fill(0x00), 0x80])
    expect(Buffer.concat(frames.map(({ payload }) => payload)).toString()).toBe(message)
  },
)

test('half a surrogate pair is written as the replacement character, as long as core counts it', () => {
  const [one] = fragmentsOf('a\ud800b')

  expect(one && payloadOf(one).toString()).toBe('a\ufffdb')
  expect(one?.frame.length).toBe(2 + 5)
})

test.each(['plain', 'x'.repeat(1_024), 'x'.repeat(1_025), 'ä', 'ÿ'.repeat(1_000), '語'])(
  'the bytes of a frame are the UTF-8 of its message: %#',
  (message) => {
    const made = fragmentsOf(message)
    expect(read(made.map(({ frame }) => frame)).map(({ payload }) => payload.toString())).toEqual([message])
    expect(made.map((fragment) => payloadOf(fragment).toString())).toEqual([message])
  },
)

test('a short message in ASCII stays a text, which needs no buffer', () => {
  expect(['plain', 'x'.repeat(1_025), 'ä'].map((message) => typeof fragmentsOf(message)[0]?.frame)).toEqual([
    'string',
    'object',
    'object',
  ])
})

test('a short message for many sockets becomes bytes, which Node need not copy for each', () => {
  const [one] = fragmentsOf('plain')
  const frames = Array.from({ length: 6 }, () => (one === undefined ? '' : takeFrame(one)))

  expect(frames.map((frame) => typeof frame)).toEqual([
    ...Array(3).fill('string'),
    ...Array(3).fill('object'),
  ])
  expect(read(frames).map(({ payload }) => payload.toString())).toEqual(Array(6).fill('plain'))
  expect(frames[5]).toBe(frames[3])
})
