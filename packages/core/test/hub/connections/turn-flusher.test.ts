import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { TurnFlusher } from '../../../src/hub/connections/turn-flusher.ts'
import { Turns } from '../../../src/runtime/turns.ts'

/** A flusher whose turn ends when the test says so, and an outbox that counts its flushes. */
function setup() {
  const deferred: (() => void)[] = []
  const turns = new Turns({ ...systemRuntime, defer: (callback) => deferred.push(callback) })
  const flusher = new TurnFlusher(turns)
  const outbox = { flushes: 0, flush: () => outbox.flushes++ }
  const endTurn = () => {
    for (const end of deferred.splice(0)) end()
  }
  return { flusher, outbox, endTurn, turns, deferred }
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
  const { flusher, outbox, endTurn, deferred } = setup()
  for (let i = 0; i < 600; i++) {
    flusher.add(outbox)
    flusher.transmissionRead()
  }
  expect(outbox.flushes).toBe(576)
  expect(deferred).toHaveLength(1)
  endTurn()
  expect(outbox.flushes).toBe(600)
})

test('the frames of work that waits and still has room in the turn leave in the same write', () => {
  const { flusher, outbox, endTurn, turns } = setup()
  flusher.add(outbox)
  let flushesBefore = -1
  turns.wait({}, () => {
    flushesBefore = outbox.flushes
    flusher.add(outbox)
  })
  endTurn()
  expect([flushesBefore, outbox.flushes]).toEqual([0, 2])
})
