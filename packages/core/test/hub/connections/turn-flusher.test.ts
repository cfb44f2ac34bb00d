import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { TurnFlusher } from '../../../src/hub/connections/turn-flusher.ts'

/** A flusher whose turn ends when the test says so, and an outbox that counts its flushes. */
function setup() {
  const turns: (() => void)[] = []
  const flusher = new TurnFlusher({ ...systemRuntime, defer: (callback) => turns.push(callback) })
  const outbox = { flushes: 0, flush: () => outbox.flushes++ }
  const endTurn = () => {
    for (const end of turns.splice(0)) end()
  }
  return { flusher, outbox, endTurn, turns }
}

test('a turn is flushed at its end', () => {
  const { flusher, outbox, endTurn } = setup()
  flusher.add(outbox)
  flusher.transmissionRead()
  expect(outbox.flushes).toBe(0)
  endTurn()
  expect(outbox.flushes).toBe(1)
})

test('a busy turn is flushed after every 64 transmissions, and then at its end', () => {
  const { flusher, outbox, endTurn, turns } = setup()
  for (let i = 0; i < 600; i++) {
    flusher.add(outbox)
    flusher.transmissionRead()
  }
  expect(outbox.flushes).toBe(576)
  expect(turns).toHaveLength(1)
  endTurn()
  expect(outbox.flushes).toBe(600)
})
