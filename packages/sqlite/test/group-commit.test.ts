import { expect, it, vi } from 'vitest'
import { diskError, fullDisk, sqliteError } from './support/faulty-database.ts'
import { append, dataOf, newPath, openBackplane, settled } from './support/store.ts'

it('the appends of a turn are one transaction, and are answered after its commit', async () => {
  const { backplane, database } = openBackplane()
  const steps: string[] = []
  database.fails = (sql) => {
    if (/^(BEGIN|COMMIT|INSERT INTO entries)/.test(sql)) steps.push(sql.slice(0, 6).trim())
    return null
  }
  const answers = [1, 2, 3].map((ref) => append(backplane, ref).then(() => steps.push('answer')))
  expect(steps).toEqual([])
  await Promise.all(answers)
  expect(steps).toEqual(['BEGIN', 'INSERT', 'INSERT', 'INSERT', 'COMMIT', 'answer', 'answer', 'answer'])
})

it('a very large group does not wait for the end of the turn', async () => {
  const { backplane, database } = openBackplane()
  let commits = 0
  database.fails = (sql) => {
    if (sql === 'COMMIT') commits++
    return null
  }
  const answers = Array.from({ length: 2_500 }, (_, n) =>
    append(backplane, n + 1, { key: { window: 3_000 } }),
  )
  expect(commits).toBe(2)
  await Promise.all(answers)
  expect(commits).toBe(3)
  expect(await dataOf(backplane)).toHaveLength(2_500)
})

it('an append that fails takes no other append of its turn with it', async () => {
  const { backplane, database } = openBackplane()
  database.fails = (sql, parameters) =>
    sql.startsWith('INSERT INTO entries') && parameters.includes('"bad"') ? diskError() : null
  const parts = { message: { data: '"bad"' } }
  const answers = [append(backplane, 1), append(backplane, 2, parts), append(backplane, 3)]
  expect(await settled(answers)).toEqual(['stored', 'unavailable', 'stored'])
  expect(await dataOf(backplane)).toEqual([1, 3])
})

it('an append that fails in its last statement leaves no trace', async () => {
  const { backplane, database } = openBackplane()
  database.fails = (sql, parameters) =>
    sql.startsWith('INSERT INTO refs') && parameters.includes('hash 2') ? diskError() : null
  const answers = [append(backplane, 1), append(backplane, 2), append(backplane, 3)]
  expect(await settled(answers)).toEqual(['stored', 'unavailable', 'stored'])
  database.fails = () => null
  expect(await dataOf(backplane)).toEqual([1, 3])
  expect((await backplane.read('#room', { after: 0, limit: 9 })).top).toBe(2)
})

it('when the commit fails, no append is acknowledged, and none is stored', async () => {
  const { backplane, database } = openBackplane()
  database.fails = (sql) => (sql === 'COMMIT' ? fullDisk() : null)
  const hint = vi.fn()
  backplane.tail('#room', hint)
  expect(await settled([1, 2, 3].map((ref) => append(backplane, ref)))).toEqual(Array(3).fill('unavailable'))
  database.fails = () => null
  expect(hint).not.toHaveBeenCalled()
  expect(await dataOf(backplane)).toEqual([])
  expect(await settled([1, 2, 3].map((ref) => append(backplane, ref)))).toEqual(Array(3).fill('stored'))
  expect(hint).toHaveBeenCalledTimes(3)
})

it('an append whose commit succeeds, and fails afterwards, is a duplicate when it is repeated', async () => {
  const { backplane, database, raw } = openBackplane()
  database.fails = (sql) => {
    if (sql !== 'COMMIT') return null
    raw.exec('COMMIT')
    database.fails = () => null
    return diskError()
  }
  expect(await settled([append(backplane, 1)])).toEqual(['unavailable'])
  expect(await settled([append(backplane, 1), append(backplane, 2)])).toEqual(['duplicate', 'stored'])
  expect(await dataOf(backplane)).toEqual([1, 2])
})

it('a group that cannot be written at all fails without a try for each append', async () => {
  const { backplane, database } = openBackplane()
  await append(backplane, 1)
  let begun = 0
  database.fails = (sql) => {
    if (!sql.startsWith('BEGIN')) return null
    begun++
    return diskError()
  }
  const answers = await settled(Array.from({ length: 500 }, (_, n) => append(backplane, n + 2)))
  expect(new Set(answers)).toEqual(new Set(['unavailable']))
  expect(begun).toBeLessThan(15)
})

it('a locked file is asked once, because each try waits', async () => {
  const { backplane, database } = openBackplane()
  let begun = 0
  database.fails = (sql) => {
    if (!sql.startsWith('BEGIN')) return null
    begun++
    return sqliteError('SQLITE_BUSY', 'database is locked')
  }
  await settled(Array.from({ length: 20 }, (_, n) => append(backplane, n + 1)))
  expect(begun).toBe(1)
})

it('a transaction of the application on the same connection is not undone', async () => {
  const { backplane, raw } = openBackplane()
  raw.exec('CREATE TABLE own (x)')
  raw.exec('BEGIN')
  raw.exec('INSERT INTO own VALUES (1)')
  expect(await settled([append(backplane, 1)])).toEqual(['unavailable'])
  raw.exec('COMMIT')
  expect(raw.prepare('SELECT count(*) AS n FROM own').get()).toMatchObject({ n: 1 })
  expect(await settled([append(backplane, 1)])).toEqual(['stored'])
})

it('a function of the application that throws fails its log only, and says so', async () => {
  const retention = (address: string) => {
    if (address === '#bad') throw new TypeError('boom')
    return {}
  }
  const { backplane } = openBackplane({ retention })
  const [bad, good] = await Promise.allSettled([append(backplane, 1, { room: '#bad' }), append(backplane, 1)])
  expect(bad).toMatchObject({
    reason: {
      code: 'usage',
      message: `unable to read the retention of "#bad": the function of the option 'retention' has thrown`,
    },
  })
  expect(good).toMatchObject({ value: { outcome: 'stored' } })
  await backplane.probe()
})

it('a file that can be written again is announced, and works', async () => {
  const { backplane, database } = openBackplane()
  const back = new Promise<void>((resolve) => backplane.onReconnect(resolve))
  database.failure = diskError()
  expect(await settled([append(backplane, 1)])).toEqual(['unavailable'])
  expect(() => backplane.probe()).toThrow('unable to write to the file: SQLite says: disk I/O error')
  expect(() => backplane.read('#room', { after: 0, limit: 1 })).toThrow('unable to read the log')
  database.failure = null
  await back
  await backplane.probe()
  expect(await settled([append(backplane, 1)])).toEqual(['stored'])
})

it('what waits when the backplane is closed is committed, and later calls fail', async () => {
  const { backplane, close, path } = openBackplane({}, newPath())
  const waiting = append(backplane, 1)
  await close()
  expect((await waiting).outcome).toBe('stored')
  await expect(append(backplane, 2)).rejects.toThrow('unable to append: the backplane is closed')
  expect(await dataOf(openBackplane({}, path).backplane)).toEqual([1])
})
