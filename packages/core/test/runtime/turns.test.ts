import type { Runtime } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { Turns } from '../../src/runtime/turns.ts'

/** A runtime whose clock and whose ends of turns a test moves. */
function scripted() {
  const deferred: (() => void)[] = []
  const clock = { now: 0 }
  const runtime = {
    now: () => clock.now,
    defer: (callback: () => void) => void deferred.push(callback),
  } as unknown as Runtime
  /** Ends a turn. Returns false when nothing waits for its end. */
  const endTurn = (): boolean => {
    const callbacks = deferred.splice(0)
    for (const callback of callbacks) callback()
    return callbacks.length > 0
  }
  return { turns: new Turns(runtime), clock, endTurn }
}

describe('the turns of a hub', () => {
  test('a turn is over after so many units', () => {
    const { turns, endTurn } = scripted()
    turns.spend(255)
    expect(turns.over).toBe(false)
    turns.spend(1)
    expect(turns.over).toBe(true)
    endTurn()
    expect(turns.over).toBe(false)
  })

  test('a turn is over after five milliseconds, however few units it has spent', () => {
    const { turns, clock, endTurn } = scripted()
    turns.spend(10)
    clock.now = 4
    expect(turns.over).toBe(false)
    clock.now = 5
    expect(turns.over).toBe(true)
    endTurn()
    expect(turns.over).toBe(false)
  })

  test('an idle hub waits for the end of no turn, and no time counts between two frames', () => {
    const { turns, clock, endTurn } = scripted()
    for (let i = 0; i < 7; i++) {
      turns.spend(1)
      clock.now += 1_000
      expect(turns.over).toBe(false)
    }
    expect(endTurn()).toBe(false)
  })

  test('a callback at the end of a turn comes after the pieces of the turn, and before those of the next', () => {
    const { turns, clock, endTurn } = scripted()
    const ran: string[] = []
    turns.atEnd(() => ran.push('end'))
    turns.wait({}, () => {
      ran.push('first')
      clock.now += 5
    })
    turns.wait({}, () => ran.push('second'))
    endTurn()
    expect(ran).toEqual(['first', 'end'])
    endTurn()
    expect(ran).toEqual(['first', 'end', 'second'])
  })

  test('owners take turns, and the pieces of an owner keep their order', () => {
    const { turns, endTurn } = scripted()
    const ran: string[] = []
    const [a, b, c] = [{}, {}, {}]
    for (const piece of ['a1', 'a2', 'a3']) turns.wait(a, () => ran.push(piece))
    turns.wait(b, () => ran.push('b1'))
    for (const piece of ['c1', 'c2']) turns.wait(c, () => ran.push(piece))
    endTurn()
    expect(ran).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  })

  test('pieces that are over the bounds of a turn go on in the next turn, where they stopped', () => {
    const { turns, endTurn } = scripted()
    const ran: number[] = []
    for (let i = 0; i < 10; i++)
      turns.wait({}, () => {
        ran.push(i)
        turns.spend(100)
      })
    const turnsTaken: number[] = []
    while (endTurn()) turnsTaken.push(ran.length)
    expect(turnsTaken.slice(0, 4)).toEqual([3, 6, 9, 10])
    expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('the sockets that are read between two turns have a turn of their own', () => {
    const { turns, endTurn } = scripted()
    for (let i = 0; i < 3; i++) turns.wait({}, () => turns.spend(256))
    endTurn()
    expect(turns.over).toBe(false)
  })

  test('work of an owner whose pieces wait waits behind them', () => {
    const { turns, endTurn } = scripted()
    const ran: number[] = []
    const owner = {}
    turns.wait(owner, () => ran.push(1))
    turns.run(owner, 1, () => ran.push(2))
    turns.run({}, 1, () => ran.push(0))
    expect(ran).toEqual([0])
    endTurn()
    expect(ran).toEqual([0, 1, 2])
  })

  test('a piece that throws does not stop the pieces of others', () => {
    const { turns, endTurn } = scripted()
    const ran: number[] = []
    turns.wait({}, () => {
      throw new Error('broken')
    })
    turns.wait({}, () => ran.push(1))
    expect(() => endTurn()).toThrow('broken')
    endTurn()
    expect(ran).toEqual([1])
  })

  test('results are shared until the crowd that waits is through', () => {
    const { turns, endTurn } = scripted()
    let shared = true
    turns.afterCrowd(() => {
      shared = false
    })
    const seen: boolean[] = []
    for (let i = 0; i < 4; i++)
      turns.wait({}, () => {
        seen.push(shared)
        turns.spend(256)
      })
    while (endTurn());
    expect([seen, shared]).toEqual([[true, true, true, true], false])
  })

  test('a crowd without an end does not share the same results for ever', () => {
    const { turns, clock, endTurn } = scripted()
    let shared = true
    turns.afterCrowd(() => {
      shared = false
    })
    let left = 1_000
    const next = (): void => {
      turns.spend(256)
      if (left-- > 0) turns.wait({}, next)
    }
    next()
    for (let i = 0; i < 30; i++) {
      clock.now += 5
      endTurn()
    }
    expect([shared, left > 0]).toEqual([false, true])
  })
})
