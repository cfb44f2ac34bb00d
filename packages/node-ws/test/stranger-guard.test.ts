import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { StrangerGuard } from '../src/stranger-guard.ts'

/** A socket whose bytes a test decides, with a reader as `ws` adds it. */
class Input extends EventEmitter {
  bytesRead = 0
  readableLength = 0
  readableHighWaterMark = 16_384
  /** Sizes of the pieces that the reader got, and of the memory that each keeps. */
  readonly got: { readonly bytes: number; readonly memory: number }[] = []
  readonly onReader: (piece: Uint8Array) => void = ({ length, buffer }) => {
    this.got.push({ bytes: length, memory: buffer.byteLength })
  }

  constructor() {
    super()
    this.on('data', this.onReader)
  }

  read(): void {}

  unshift(bytes: Uint8Array): void {
    this.readableLength += bytes.length
  }

  arrive(bytes: number): void {
    this.emit('data', new Uint8Array(bytes))
  }

  get handedOn(): number {
    return this.got.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

function guarded(): { input: Input; guard: StrangerGuard; paused: () => boolean; refusals: () => number } {
  const input = new Input()
  let paused = false
  let refusals = 0
  const socket = {
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
    },
  }
  const guard = new StrangerGuard(socket, input, { limit: 16_384, onExcess: () => refusals++ })
  return { input, guard, paused: () => paused, refusals: () => refusals }
}

describe('a message that is too large', () => {
  test('is handed on only as far as the limit allows, without the memory of the rest (SEC-04)', () => {
    const { input, refusals } = guarded()
    input.arrive(60_000)
    expect(refusals()).toBe(1)
    expect(input.handedOn).toBeLessThan(20_000)
    for (const { memory } of input.got) expect(memory).toBeLessThan(20_000)
  })

  test('ends the reading of the socket: a further piece is thrown away, and the buffer of the socket is full', () => {
    const { input, paused, refusals } = guarded()
    input.arrive(60_000)
    const handedOn = input.handedOn
    input.arrive(60_000)
    expect([refusals(), input.handedOn]).toEqual([1, handedOn])
    expect([paused(), input.readableLength]).toEqual([true, input.readableHighWaterMark])
  })

  test('stays refused when the limit ends', () => {
    const { input, guard } = guarded()
    input.arrive(60_000)
    const handedOn = input.handedOn
    guard.stop()
    input.arrive(1_000)
    expect(input.handedOn).toBe(handedOn)
  })
})

describe('a reader', () => {
  test('gets the rest of the piece in which the hub has learned of the client, and all later pieces', () => {
    const input = new Input()
    let welcome = (): void => {}
    let total = 0
    input.off('data', input.onReader)
    input.on('data', ({ length }: Uint8Array) => {
      total += length
      welcome()
    })
    const guard = new StrangerGuard({ pause() {}, resume() {} }, input, { limit: 16_384, onExcess() {} })
    welcome = () => guard.stop()
    input.arrive(50_000)
    input.arrive(30_000)
    expect(total).toBe(80_000)
  })

  test('that takes its listener away while it reads gets nothing more', () => {
    const input = new Input()
    const reads: number[] = []
    const reader = ({ length }: Uint8Array): void => {
      reads.push(length)
      input.off('data', reader)
    }
    input.off('data', input.onReader)
    input.on('data', reader)
    const guard = new StrangerGuard({ pause() {}, resume() {} }, input, { limit: 16_384, onExcess() {} })
    input.arrive(100)
    input.arrive(100)
    guard.stop()
    input.arrive(100)
    expect(reads).toEqual([100])
  })
})
