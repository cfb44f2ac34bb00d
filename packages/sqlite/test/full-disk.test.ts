import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AppendResult, Backplane } from '@chat/core/backplane'
import { expect, it, onTestFinished } from 'vitest'
import { append, dataOf, openBackplane } from './support/store.ts'
import { temporaryFolder } from './support/temporary.ts'

/** Appends messages of 4 KB, a turn at a time, until one fails. Returns the refs that were acknowledged. */
async function fill(backplane: Backplane, first: number): Promise<number[]> {
  const acknowledged: number[] = []
  for (let ref = first; ref < first + 5_000; ref += 5) {
    const turn = [0, 1, 2, 3, 4].map((n) => appendLarge(backplane, ref + n))
    const results = await Promise.allSettled(turn)
    for (const [n, result] of results.entries())
      if (result.status === 'fulfilled' && result.value.outcome === 'stored') acknowledged.push(ref + n)
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed === undefined) continue
    expect((failed as PromiseRejectedResult).reason).toMatchObject({ code: 'unavailable', retryable: true })
    return acknowledged
  }
  throw new Error('the disk is never full')
}

const appendLarge = (backplane: Backplane, ref: number): Promise<AppendResult> =>
  append(backplane, ref, { message: { data: `"${ref} ${'x'.repeat(4_000)}"` } })

/** Returns the refs of all messages of the log. */
async function refsOf(backplane: Backplane): Promise<number[]> {
  return (await dataOf(backplane)).map((data) => Number.parseInt(String(data), 10))
}

it('when the file may not grow, each send is unavailable, what was acknowledged is there, and it goes on by itself', async () => {
  const { backplane, raw } = openBackplane({ keep: 'all' })
  const back = new Promise<void>((resolve) => backplane.onReconnect(resolve))
  raw.exec('PRAGMA max_page_count = 200')
  const acknowledged = await fill(backplane, 1)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(await refsOf(backplane)).toEqual(acknowledged)
  raw.exec('PRAGMA max_page_count = 100000')
  await back
  const next = (acknowledged.at(-1) ?? 0) + 10
  expect((await appendLarge(backplane, next)).outcome).toBe('stored')
  expect(await refsOf(backplane)).toEqual([...acknowledged, next])
})

/** Mounts a file system of 1 MB; `null` where that is not allowed. */
function mountSmallDisk(): string | null {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  if (status !== 0) return null
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

it('a disk that is really full loses nothing that was acknowledged, also after a restart, and recovers with its space', async (context) => {
  const folder = mountSmallDisk()
  if (folder === null) return context.skip('this process may not mount a small disk')
  const path = join(folder, 'chat.db')
  const first = openBackplane({ keep: 'all' }, path)
  const acknowledged = await fill(first.backplane, 1)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(await refsOf(first.backplane)).toEqual(acknowledged)
  spawnSync('mount', ['-o', 'remount,size=16m', folder])
  const next = (acknowledged.at(-1) ?? 0) + 10
  expect((await appendLarge(first.backplane, next)).outcome).toBe('stored')
  await first.close()
  const { backplane } = openBackplane({ keep: 'all' }, path)
  expect(await refsOf(backplane)).toEqual([...acknowledged, next])
})
