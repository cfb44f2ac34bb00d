import { describe, expect, test } from 'vitest'
import { abortion, createAborter, LateAborter, onAbort } from '../../src/runtime/signal.ts'

describe('signals', () => {
  test('a listener hears the reason, once, or at once when it is too late', () => {
    const aborter = createAborter()
    const heard: unknown[] = []
    onAbort(aborter.signal, (reason) => heard.push(reason))
    aborter.abort('why')
    aborter.abort('again')
    onAbort(aborter.signal, (reason) => heard.push(`late ${reason}`))
    expect(heard).toEqual(['why', 'late why'])
  })

  test('an undo stops listening', () => {
    const aborter = createAborter()
    const heard: unknown[] = []
    onAbort(aborter.signal, (reason) => heard.push(reason))()
    aborter.abort('why')
    expect(heard).toEqual([])
  })

  test('however many listen, the platform has one listener, and none when all have stopped', () => {
    const { signal } = createAborter()
    const counted = { added: 0, removed: 0 }
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      counted.added++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      counted.removed++
      remove(...args)
    }
    const undos = Array.from({ length: 50 }, () => onAbort(signal, () => {}))
    expect(counted).toEqual({ added: 1, removed: 0 })
    for (const undo of [...undos, ...undos]) undo()
    expect(counted).toEqual({ added: 1, removed: 1 })
    onAbort(signal, () => {})()
    expect(counted).toEqual({ added: 2, removed: 2 })
  })

  test('those who listen are told in order, and one that is taken away meanwhile is not told', () => {
    const aborter = createAborter()
    const heard: number[] = []
    onAbort(aborter.signal, () => {
      heard.push(1)
      undo()
    })
    const undo = onAbort(aborter.signal, () => heard.push(2))
    onAbort(aborter.signal, () => heard.push(3))
    aborter.abort()
    expect(heard).toEqual([1, 3])
  })

  test('no signal never aborts', () => {
    onAbort(undefined, () => {
      throw new Error('never')
    })()
    expect(abortion(undefined)).toBeNull()
  })

  test('an aborted signal has its reason, and another has none', () => {
    const aborter = createAborter()
    expect(abortion(aborter.signal)).toBeNull()
    aborter.abort()
    expect(abortion(aborter.signal)).toEqual({ reason: aborter.signal.reason })
  })
})

describe('a late aborter', () => {
  test('makes its signal when it is asked for', () => {
    const aborter = new LateAborter()
    const { signal } = aborter
    expect(signal.aborted).toBe(false)
    aborter.abort(() => 'first')
    aborter.abort(() => 'second')
    expect([signal.aborted, signal.reason]).toEqual([true, 'first'])
  })

  test('gives a signal that is aborted already after the abort', () => {
    const aborter = new LateAborter()
    aborter.abort(() => 'gone')
    const { signal } = aborter
    expect([signal.aborted, signal.reason]).toEqual([true, 'gone'])
    expect(aborter.signal).toBe(signal)
  })
})
