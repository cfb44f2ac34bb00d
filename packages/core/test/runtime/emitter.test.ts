import { describe, expect, test } from 'vitest'
import { Emitter } from '../../src/runtime/emitter.ts'

describe('an emitter', () => {
  const made = () => {
    const failed: [unknown, string][] = []
    return { failed, emitter: new Emitter((error, event) => failed.push([error, event])) }
  }

  test('calls the listeners in the order in which they were added, with all arguments', () => {
    const { emitter } = made()
    const calls: unknown[] = []
    emitter.on('x', (...args: unknown[]) => calls.push([1, ...args]))
    emitter.on('x', (...args: unknown[]) => calls.push([2, ...args]))
    expect(emitter.emit('x', 'a', 'b', 'c')).toBe(true)
    expect(emitter.emit('y')).toBe(false)
    expect(calls).toEqual([
      [1, 'a', 'b', 'c'],
      [2, 'a', 'b', 'c'],
    ])
  })

  test('isolates a listener that throws, rejects, or answers with a hostile thenable (U-14)', async () => {
    const { emitter, failed } = made()
    const calls: number[] = []
    const hostile = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      get then(): never {
        throw new Error('then')
      },
    }
    emitter.on('x', () => {
      throw new Error('thrown')
    })
    emitter.on('x', async () => {
      throw new Error('rejected')
    })
    emitter.on('x', () => hostile)
    emitter.on('x', () => calls.push(1))
    emitter.emit('x')
    await Promise.resolve()
    expect(calls).toEqual([1])
    expect(failed.map(([error, event]) => [(error as Error).message, event])).toEqual([
      ['thrown', 'x'],
      ['then', 'x'],
      ['rejected', 'x'],
    ])
  })

  test('an undo takes away its own listener and no other, however often it is called', () => {
    const { emitter } = made()
    const calls: string[] = []
    const listener = (): void => void calls.push('same')
    const undo = emitter.on('x', listener)
    emitter.on('x', listener)
    undo()
    undo()
    emitter.emit('x')
    expect(calls).toEqual(['same'])
  })

  test('a listener that is added while its event is on the way waits for the next', () => {
    const { emitter } = made()
    let calls = 0
    emitter.on('x', () => {
      emitter.on('x', () => calls++)
    })
    emitter.emit('x')
    expect(calls).toBe(0)
    emitter.emit('x')
    expect(calls).toBe(1)
  })

  test('emits from inside run at once and in depth', () => {
    const { emitter } = made()
    const order: string[] = []
    emitter.on('x', (n: number) => {
      order.push(`a${n}`)
      if (n < 2) emitter.emit('x', n + 1)
    })
    emitter.on('x', (n: number) => order.push(`b${n}`))
    emitter.emit('x', 0)
    expect(order).toEqual(['a0', 'a1', 'a2', 'b2', 'b1', 'b0'])
  })

  test('what is cleared is not called any more, also in the middle of an event', () => {
    const { emitter } = made()
    const order: string[] = []
    emitter.on('x', () => {
      order.push('first')
      emitter.clear()
    })
    emitter.on('x', () => order.push('second'))
    emitter.emit('x')
    emitter.emit('x')
    expect(order).toEqual(['first'])
    emitter.on('x', () => order.push('new'))
    emitter.emit('x')
    expect(order).toEqual(['first', 'new'])
  })

  test('gives the listeners as they were given', () => {
    const { emitter } = made()
    const [a, b] = [() => 1, () => 2]
    const undo = emitter.on('x', a)
    emitter.on('x', b)
    expect(emitter.listeners('x')).toEqual([a, b])
    undo()
    expect(emitter.listeners('x')).toEqual([b])
    expect(emitter.listeners('constructor')).toEqual([])
  })

  test.each(['__proto__', 'constructor', 'error', 'hasOwnProperty', ''])(
    '%j is a name like any other (U-03)',
    (name) => {
      const { emitter, failed } = made()
      const calls: unknown[] = []
      expect(emitter.emit(name)).toBe(false)
      const undo = emitter.on(name, (data: unknown) => calls.push(data))
      expect(emitter.emit(name, 1)).toBe(true)
      undo()
      expect(emitter.emit(name, 2)).toBe(false)
      expect([calls, failed]).toEqual([[1], []])
      expect(({} as Record<string, unknown>)['_events']).toBeUndefined()
    },
  )
})
