import { addressKind, closeReason, mayReconnect } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { parseClientFrame } from '../../src/protocol/client-frames.ts'
import { Lines } from '../../src/protocol/json.ts'
import { ProtocolError } from '../../src/protocol/protocol-error.ts'
import { valueFault } from '../../src/protocol/values.ts'
import { byteLength } from '../../src/runtime/byte-length.ts'
import { isEventName } from '../../src/vocabulary/event-name.ts'
import { toPosition } from '../../src/vocabulary/position.ts'
import { exceedsBytes, utf8Length } from '../../src/vocabulary/text.ts'
import { parseNamed } from '../support/hub-frame.ts'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'
import { nested, stage } from '../support/stage.ts'
import { shown, vectors } from '../support/vectors.ts'

interface FrameVector {
  readonly rule: string
  readonly text: string
  readonly meaning?: object
  readonly fault?: 'protocol'
  readonly code?: number
}

/** The streams of a frame as an object, as the vectors write them; where a name would be special, as a list. */
function plain(frame: object, meaning: object): object {
  const { streams, ...rest } = frame as { readonly streams?: ReadonlyMap<string, unknown> | object }
  if (streams === undefined) return frame
  const entries = streams instanceof Map ? [...streams] : Object.entries(streams)
  return 'entries' in meaning ? { ...rest, entries } : { ...rest, streams: Object.fromEntries(entries) }
}

function fault(parse: () => unknown): unknown {
  try {
    return { parsed: parse() }
  } catch (error) {
    return error
  }
}

for (const [file, parse] of [
  ['client-frames', parseClientFrame],
  ['hub-frames', parseNamed],
] as const)
  describe(`vectors/${file}`, () => {
    for (const { rule, text, meaning, code } of vectors<FrameVector>(file))
      test(`${rule}: ${shown(text)} ${meaning === undefined ? 'breaks the protocol' : 'is understood'}`, () => {
        if (meaning !== undefined) expect(plain(parse(text), meaning)).toEqual(meaning)
        else {
          const error = fault(() => parse(text))
          expect(error).toBeInstanceOf(ProtocolError)
          expect((error as ProtocolError).closeCode).toBe(code ?? 4502)
        }
      })
  })

describe('vectors/transmissions', () => {
  interface Transmission {
    readonly rule: string
    readonly text?: string
    readonly bytes?: string
    readonly frames: readonly string[]
    readonly code?: number
  }
  for (const { rule, text, bytes, frames, code } of vectors<Transmission>('transmissions')) {
    const title = text === undefined ? `the bytes ${shown(bytes)}` : shown(text)
    test(`${rule}: of ${title} exactly ${shown(frames)} take effect`, async () => {
      const { hub, settle } = stageOfVectors()
      const connection = new ScriptedConnection()
      hub.accept(connection, nobody)
      connection.deliver('["hello",{"v":[1,1],"token":"alice"}]')
      await settle()
      connection.deliver(text ?? Uint8Array.from(Buffer.from(bytes ?? '', 'hex')))
      await settle()
      expect(connection.closedWith?.code ?? null).toBe(code ?? null)
      if (text !== undefined) expect(understood(text)).toEqual(frames)
    })
  }
})

function stageOfVectors() {
  const { hub, time } = stage()
  return { hub, settle: () => time.settle() }
}

function understood(text: string): string[] {
  const types: string[] = []
  fault(() => {
    const lines = new Lines(text)
    for (let line = lines.next(); line !== null; line = lines.next()) types.push(parseClientFrame(line).type)
  })
  return types
}

describe('vectors/addresses', () => {
  for (const { rule, address, kind } of vectors<{ rule: string; address: string; kind: string | null }>(
    'addresses',
  ))
    test(`${rule}: ${shown(address)} is ${kind === null ? 'no address' : `the address of ${kind}`}`, () => {
      expect(addressKind(address)).toBe(kind)
    })
})

describe('vectors/positions', () => {
  for (const { value, position } of vectors<{ value: unknown; position: unknown }>('positions'))
    test(`P-FR-6: ${shown(value)} is ${position === null ? 'no position' : 'a position'}`, () => {
      expect(toPosition(value)).toEqual(position)
    })
})

describe('vectors/event-names', () => {
  for (const { event, valid } of vectors<{ event: string; valid: boolean }>('event-names'))
    test(`P-PB-10: ${shown(event)} ${valid ? 'names' : 'does not name'} an event`, () => {
      expect(isEventName(event)).toBe(valid)
    })
})

describe('vectors/close-reasons', () => {
  for (const { reason, cut } of vectors<{ reason: string; cut: string }>('close-reasons'))
    test(`§10: ${shown(reason)} is cut to ${utf8Length(cut)} bytes`, () => {
      expect(closeReason(reason)).toBe(cut)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(123)
    })
})

describe('vectors/close-codes', () => {
  for (const { code, reconnect } of vectors<{ code: number; reconnect: boolean }>('close-codes'))
    test(`§10: after ${code} a client ${reconnect ? 'comes back' : 'stays away'}`, () => {
      expect(mayReconnect(code)).toBe(reconnect)
    })
})

describe('vectors/utf8-lengths', () => {
  for (const { text, bytes } of vectors<{ text: string; bytes: number }>('utf8-lengths'))
    test(`P-AD-1: ${shown(text)} is ${bytes} bytes long`, () => {
      expect([utf8Length(text), byteLength(text)]).toEqual([bytes, bytes])
      expect([exceedsBytes(text, bytes), exceedsBytes(text, bytes - 1)]).toEqual([false, true])
    })
})

describe('vectors/depth', () => {
  interface Value {
    readonly json?: string
    readonly nested?: number
    readonly limit: number
    readonly fault: string | null
  }
  for (const { json, nested: depth, limit, fault } of vectors<Value>('depth'))
    test(`P-FR-7: ${json === undefined ? `[] ${depth} deep` : shown(json)} ${fault === null ? 'may pass' : `has the fault ${fault}`}`, () => {
      expect(valueFault(JSON.parse(json ?? nested(depth ?? 0)), limit)).toBe(fault)
    })
})
