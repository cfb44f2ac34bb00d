import { describe, expect, test } from 'vitest'
import { parseClientFrame } from '../../src/protocol/client-frames.ts'
import {
  encodeCast,
  encodeError,
  encodeFrame,
  encodeGap,
  encodeMessage,
  encodeOk,
} from '../../src/protocol/encode.ts'
import { type HubFrame, parseHubFrame } from '../../src/protocol/hub-frames.ts'
import { shown, vectors } from '../support/vectors.ts'

interface FrameVector {
  readonly text: string
  readonly meaning?: object
}

const asText = <F extends { readonly data: unknown; readonly meta: object | null }>(frame: F) => ({
  ...frame,
  data: JSON.stringify(frame.data),
  meta: frame.meta === null ? null : JSON.stringify(frame.meta),
})

/** A hub's frame as a hub writes it. */
function written(frame: HubFrame): string | null {
  switch (frame.type) {
    case 'ok':
      return encodeOk(frame.ref, frame.result === undefined ? undefined : JSON.stringify(frame.result))
    case 'err':
      return encodeError(frame.ref, { ...frame, code: frame.code as 'internal' })
    case 'msg':
      return encodeMessage(JSON.stringify(frame.address), asText(frame), frame.prev)
    case 'cast':
      return encodeCast({ ...asText(frame), session: frame.session ?? undefined })
    case 'ask':
      return encodeFrame('ask', frame.ask, frame.event, frame.data, frame.meta ?? undefined)
    case 'gap':
      return encodeGap(frame.address, frame.reason, frame.position)
    case 'left':
      return encodeFrame('left', frame.address, frame.code, frame.message)
    case 'ping':
    case 'pong':
      return encodeFrame(frame.type, frame.t)
    default:
      return null
  }
}

describe('the vectors, both ways (JSON: there is no other codec yet)', () => {
  const understood = (file: string) =>
    vectors<FrameVector>(file).filter(({ meaning }) => meaning !== undefined)

  for (const { text } of understood('client-frames'))
    test(`U-02: the canonical form of ${shown(text)} means the same, and is its own`, () => {
      const canonical = JSON.stringify(JSON.parse(text))
      expect(parseClientFrame(canonical)).toEqual(parseClientFrame(text))
      expect(JSON.stringify(JSON.parse(canonical))).toBe(canonical)
    })

  for (const { text } of understood('hub-frames')) {
    const frame = parseHubFrame(text)
    const line = written(frame)
    if (line === null) continue
    test(`U-02: what a hub writes for ${shown(text)} means the same, in one form`, () => {
      expect(parseHubFrame(line)).toEqual(frame)
      expect(written(parseHubFrame(line))).toBe(line)
      expect(JSON.stringify(JSON.parse(line))).toBe(line)
    })
  }

  test('U-02: there are vectors of every frame that a hub writes', () => {
    const types = new Set(understood('hub-frames').map(({ text }) => parseHubFrame(text).type))
    for (const type of ['welcome', 'ok', 'err', 'msg', 'cast', 'ask', 'gap', 'left', 'bye', 'ping', 'pong'])
      expect([...types]).toContain(type)
  })
})
