import { ChatError, type Runtime, systemRuntime } from '@chat/core'
import { type Backplane, type JsonText, LogWriter, type PlacedEntry, readLog } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { expect, test } from 'vitest'

const make = (): MemoryBackplane => new MemoryBackplane(new MemoryStore(systemRuntime))
async function all(entries: AsyncIterable<PlacedEntry>): Promise<PlacedEntry[]> {
  const found: PlacedEntry[] = []
  for await (const entry of entries) found.push(entry)
  return found
}
const dataOf = ({ data }: PlacedEntry): unknown => JSON.parse(data)

/** A runtime whose timers fire at once. */
const hasty: Runtime = { ...systemRuntime, timer: (_, callback) => systemRuntime.timer(0, callback) }

/** Returns the backplane with an operation that fails `times` times after it is done. */
function forgetful(backplane: Backplane, operation: 'append' | 'read', times: number): Backplane {
  let left = times
  return new Proxy(backplane, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      const run = value.bind(target) as (...args: unknown[]) => unknown
      if (name !== operation || left-- <= 0) return run
      return (...args: unknown[]) => {
        run(...args)
        throw new ChatError('unavailable', 'the answer is lost')
      }
    },
  })
}

test('a writer appends in the order of its calls, and a reader reads them once', async () => {
  const backplane = make()
  const writer = new LogWriter(backplane, 'own')
  await Promise.all([1, 2, 3].map((n) => writer.append('n', JSON.stringify(n) as JsonText)))
  const entries = await all(readLog(backplane, 'own'))
  expect(entries.map(dataOf)).toEqual([1, 2, 3])
  const rest = await all(readLog(backplane, 'own', { after: entries[0]?.position }))
  expect(rest.map(dataOf)).toEqual([2, 3])
})

test('an append whose answer is lost is stored once', async () => {
  const backplane = make()
  const writer = new LogWriter(forgetful(backplane, 'append', 1), 'own', { runtime: hasty })
  await writer.append('n', '1' as JsonText)
  expect(await all(readLog(backplane, 'own'))).toHaveLength(1)
})

test('an append is uncertain when the backplane stays out of reach', async () => {
  const writer = new LogWriter(forgetful(make(), 'append', 9), 'own', { patience: 50 })
  await expect(writer.append('n', '1' as JsonText)).rejects.toMatchObject({ code: 'uncertain' })
})

test('a reader that follows gets what comes later, until its signal aborts', async () => {
  const store = new MemoryStore(systemRuntime)
  const writer = new LogWriter(new MemoryBackplane(store), 'own')
  const aborter = new AbortController()
  const seen: unknown[] = []
  const reading = (async () => {
    const options = { follow: true, signal: aborter.signal }
    for await (const entry of readLog(new MemoryBackplane(store), 'own', options)) {
      seen.push(dataOf(entry))
      if (seen.length === 300) aborter.abort()
    }
  })()
  for (let n = 0; n < 300; n++) await writer.append('n', JSON.stringify(n) as JsonText)
  await reading
  expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => n))
})

test('an abort ends the wait of a reader', async () => {
  const aborter = new AbortController()
  const reading = all(readLog(make(), 'own', { follow: true, signal: aborter.signal }))
  await Promise.resolve()
  aborter.abort()
  expect(await reading).toEqual([])
})

test('a position that the log no longer has is not_found', async () => {
  const backplane = make()
  const position = await new LogWriter(backplane, 'own').append('n', '1' as JsonText)
  await expect(all(readLog(make(), 'own', { after: position }))).rejects.toMatchObject({ code: 'not_found' })
  const other = [position[0], position[1], 'other.1'] as const
  await expect(all(readLog(backplane, 'own', { after: other }))).rejects.toMatchObject({ code: 'not_found' })
})

test('a log that is out of reach fails a reader, but not one that follows', async () => {
  const backplane = make()
  await new LogWriter(backplane, 'own').append('n', '1' as JsonText)
  const reading = all(readLog(forgetful(backplane, 'read', 1), 'own'))
  await expect(reading).rejects.toMatchObject({ code: 'unavailable' })
  const following = { follow: true, runtime: hasty }
  for await (const entry of readLog(forgetful(backplane, 'read', 1), 'own', following)) {
    expect(dataOf(entry)).toBe(1)
    break
  }
})

test('options that do not exist or cannot work are refused, and the error says what to do', async () => {
  const backplane = make()
  const write = (options: object) => () => new LogWriter(backplane, 'own', options)
  expect(write({ patiens: 1 })).toThrow(
    /write the log own: there is no option 'patiens'.*did you mean 'patience'/,
  )
  // A writer without an end would repeat an append after the log has forgotten its key.
  expect(write({ patience: Number.NaN })).toThrow(
    /'patience' must be a number of milliseconds, at least 0, but is NaN/,
  )
  expect(write({ runtime: {} })).toThrow(/'runtime' must be a runtime/)
  const read = (options: object) => all(readLog(backplane, 'own', options))
  await expect(read({ folow: true })).rejects.toThrow(/read the log own: there is no option 'folow'/)
  await expect(read({ signal: new AbortController() })).rejects.toThrow(
    /read the log own: the option 'signal'/,
  )
  await expect(read({ follow: 1 })).rejects.toThrow(/'follow' must be true or false, but is 1/)
})
