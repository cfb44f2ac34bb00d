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
import { parseNamed } from '../support/hub-frame.ts'
import { shown, vectors } from '../support/vectors.ts'

interface FrameVector {
  readonly text: string
  readonly meaning?: object
}

const asText = (data: unknown, meta: object | null | undefined) => ({
  data: JSON.stringify(data),
  meta: meta ? JSON.stringify(meta) : null,
})

/** A hub's frame as a hub writes it. */
function written(frame: HubFrame | null): string | null {
  switch (frame?.[0]) {
    case 'ok':
      return encodeOk(frame[1], frame[2] === undefined ? undefined : JSON.stringify(frame[2]))
    case 'err': {
      const [, ref, code, message, extra] = frame
      return encodeError(ref, { code: code as 'internal', message, ...(extra as object | undefined) })
    }
    case 'msg': {
      const [, address, at, event, data, from, id, time, prev, meta] = frame
      const message = { at, event, from, id, time, ...asText(data, meta) }
      return encodeMessage(JSON.stringify(address), message, prev ?? at - 1)
    }
    case 'cast': {
      const [, address, event, data, from, session, key, meta] = frame
      const sender = typeof session === 'string' ? session : undefined
      return encodeCast({
        address,
        event,
        from,
        session: sender,
        key: key ?? undefined,
        ...asText(data, meta),
      })
    }
    case 'ask':
      return encodeFrame('ask', frame[1], frame[2], frame[3], frame[4] ?? undefined)
    case 'gap':
      return encodeGap(frame[1], frame[2], frame[3])
    case 'left':
      return encodeFrame('left', frame[1], frame[2], frame[3])
    case 'ping':
    case 'pong':
      return encodeFrame(frame[0], frame[1])
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
      expect(parseNamed(line)).toEqual(parseNamed(text))
      expect(written(parseHubFrame(line))).toBe(line)
      expect(JSON.stringify(JSON.parse(line))).toBe(line)
    })
  }

  test('U-02: there are vectors of every frame that a hub writes', () => {
    const types = new Set(understood('hub-frames').map(({ text }) => parseNamed(text).type))
    for (const type of ['welcome', 'ok', 'err', 'msg', 'cast', 'ask', 'gap', 'left', 'bye', 'ping', 'pong'])
      expect([...types]).toContain(type)
  })
})
