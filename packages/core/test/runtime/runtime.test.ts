import { systemRuntime } from '@chat/core'
import { describe, expect, test, vi } from 'vitest'
import { Emitter } from '../../src/runtime/emitter.ts'
import { attempt, whenReady } from '../../src/runtime/maybe-promise.ts'
import { abortion, createAborter, onAbort } from '../../src/runtime/signal.ts'
import { TokenBucket } from '../../src/runtime/token-bucket.ts'

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

describe('the system runtime', () => {
  test('ids have the length that was asked for and only letters, digits, _ and - (U-22)', () => {
    for (const length of [0, 1, 12, 24, 64])
      expect(systemRuntime.id(length)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`))
  })

  test('100 000 ids are unique, and use every character evenly (U-22)', () => {
    const seen = new Set<string>()
    const counts = new Map<string, number>()
    for (let i = 0; i < 100_000; i++) {
      const id = systemRuntime.id(12)
      seen.add(id)
      const last = id.charAt(i % 12)
      counts.set(last, (counts.get(last) ?? 0) + 1)
    }
    expect(seen.size).toBe(100_000)
    expect(counts.size).toBe(64)
    for (const count of counts.values()) expect(Math.abs(count - 1_562)).toBeLessThan(300)
  })

  test('random numbers lie in [0, 1) and are spread', () => {
    let sum = 0
    for (let i = 0; i < 10_000; i++) {
      const value = systemRuntime.random()
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThan(1)
      sum += value
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.03)
  })

  test('its clock never goes back', () => {
    let before = systemRuntime.now()
    for (let i = 0; i < 1_000; i++) {
      const now = systemRuntime.now()
      expect(now).toBeGreaterThanOrEqual(before)
      before = now
    }
  })

  test.each([-86_400_000, 86_400_000])(
    'its clock does not follow the wall clock by %d ms (U-23)',
    async (jump) => {
      const wall = Date.now()
      const spy = vi.spyOn(Date, 'now').mockReturnValue(wall)
      const before = systemRuntime.now()
      let fired = 0
      const cancel = systemRuntime.timer(60_000, () => fired++)
      spy.mockReturnValue(wall + jump)
      await new Promise<void>((resolve) => systemRuntime.timer(5, resolve))
      expect(systemRuntime.now() - before).toBeGreaterThan(0)
      expect(systemRuntime.now() - before).toBeLessThan(30_000)
      expect(fired).toBe(0)
      cancel()
      spy.mockRestore()
    },
  )

  test.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'a timer of %d ms does not fire at once',
    async (delay) => {
      let fired = false
      const cancel = systemRuntime.timer(delay, () => {
        fired = true
      })
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setTimeout(resolve, 3))
      cancel()
      cancel()
      expect(fired).toBe(false)
    },
  )

  test('a timer fires once, and not after it was cancelled', async () => {
    const fired: string[] = []
    const cancel = systemRuntime.timer(0, () => fired.push('cancelled'))
    cancel()
    await new Promise<void>((resolve) => systemRuntime.timer(1, () => resolve(void fired.push('due'))))
    expect(fired).toEqual(['due'])
  })

  test('defer runs behind everything of this turn', async () => {
    const order: string[] = []
    const done = new Promise<void>((resolve) =>
      systemRuntime.defer(() => resolve(void order.push('deferred'))),
    )
    await Promise.resolve()
    order.push('microtask')
    await done
    expect(order).toEqual(['microtask', 'deferred'])
  })
})

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

  test('tells why it has aborted', () => {
    const aborter = createAborter()
    expect(abortion(aborter.signal)).toBeNull()
    aborter.abort()
    expect(abortion(aborter.signal)).toEqual({ reason: aborter.signal.reason })
  })
})

describe('a bucket', () => {
  test('gives a burst at once and its rate in the long run', () => {
    const bucket = new TokenBucket(10, 5, 0)
    let taken = 0
    for (let now = 0; now <= 10_000; now++) while (bucket.take(now) === 0) taken++
    expect(taken).toBe(105)
  })

  test('says for how long there will be none', () => {
    const bucket = new TokenBucket(4, 1, 0)
    expect(bucket.take(0)).toBe(0)
    expect(bucket.take(0)).toBe(250)
    expect(bucket.take(100)).toBe(150)
    expect(bucket.take(250)).toBe(0)
  })

  test('never holds more than its burst, however long nothing happens', () => {
    const bucket = new TokenBucket(1_000, 3, 0)
    expect([1, 2, 3, 4].map(() => bucket.take(1e9) === 0)).toEqual([true, true, true, false])
  })

  test('can be charged what it does not have: the debt is paid off first', () => {
    const bucket = new TokenBucket(10, 1, 0)
    for (let i = 0; i < 3; i++) bucket.charge(0)
    expect(bucket.wait(0, 1)).toBe(300)
    expect(bucket.full(200)).toBe(false)
    expect(bucket.take(300)).toBe(0)
  })

  test('tells how long several tokens take', () => {
    const bucket = new TokenBucket(10, 4, 0)
    expect([1, 4, 5, 6].map((tokens) => bucket.wait(0, tokens))).toEqual([0, 0, 100, 200])
  })
})

describe('a value that may come later', () => {
  const run = <T>(what: () => T | Promise<T>): unknown[] => {
    const order: unknown[] = []
    attempt(
      what,
      (value) => order.push(['next', value]),
      (error) => order.push(['failed', (error as Error).message]),
    )
    order.push('returned')
    return order
  }

  test('is handed on in this very call when it is there', () => {
    expect(run(() => 1)).toEqual([['next', 1], 'returned'])
  })

  test('is handed on later when it is a promise', async () => {
    const order = run(async () => 1)
    expect(order).toEqual(['returned'])
    await Promise.resolve()
    expect(order).toEqual(['returned', ['next', 1]])
  })

  test('fails in this very call when the function throws, later when it rejects', async () => {
    const thrown = run(() => {
      throw new Error('no')
    })
    expect(thrown).toEqual([['failed', 'no'], 'returned'])
    const rejected = run(async () => {
      throw new Error('no')
    })
    await Promise.resolve()
    expect(rejected).toEqual(['returned', ['failed', 'no']])
  })

  test('whenReady takes any thenable', async () => {
    const values: unknown[] = []
    whenReady(
      Promise.resolve(2),
      (value) => values.push(value),
      () => {},
    )
    whenReady(
      1,
      (value) => values.push(value),
      () => {},
    )
    await Promise.resolve()
    expect(values).toEqual([1, 2])
  })
})
