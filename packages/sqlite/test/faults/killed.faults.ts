import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { AppendResult, Backplane } from '@chat/core/backplane'
import { expect, it, onTestFinished } from 'vitest'
import { bundle, bundleEnvironment } from '../support/bundle.ts'
import { newPath, openBackplane } from '../support/store.ts'

const kills = 50
const lanes = 5

/** An answer that a process has written before it was killed. */
type Answer = [room: string, ref: number, epoch: string, at: number]

/** Runs the appender until it has written some answers and `moment` more milliseconds have passed; kills it. */
async function runAndKill(script: string, path: string, first: number, moment: number): Promise<Answer[]> {
  const child: ChildProcess = spawn(process.execPath, [script, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: bundleEnvironment,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const answers: Answer[] = []
  const ended = once(child, 'exit')
  let armed = false
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line !== 'ready') answers.push(JSON.parse(line))
    if (armed || answers.length === 0) continue
    armed = true
    setTimeout(() => child.kill('SIGKILL'), moment)
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return answers
}

/** Repeats an append of the killed process. */
async function repeat(backplane: Backplane, room: string, ref: number): Promise<AppendResult> {
  const data = `"${ref} ${'x'.repeat(ref % 300)}"`
  const message = { event: 'say', data, meta: null, from: 'alice', id: `s1.${ref}` }
  const key = { user: 'alice', session: 's1', ref, hash: `${ref}`, window: 1_000_000, by: 'node2' }
  return backplane.append(room, message, key)
}

/** Checks that a file has every acknowledged message in its place, and knows its key. Returns the next ref. */
async function check(path: string, answers: readonly Answer[], epochs: Map<string, string>): Promise<number> {
  const { backplane, raw, close } = openBackplane({ keep: 'all' }, path)
  for (const [room, ref, epoch, at] of answers) {
    expect(epochs.get(room) ?? epoch).toBe(epoch)
    epochs.set(room, epoch)
    const { entries } = await backplane.read(room, { after: at - 1, limit: 1 })
    expect(entries[0]).toMatchObject({ at, id: `s1.${ref}` })
  }
  // What was written and not answered was stored or not: repeated, it is there once, in its place.
  const last = answers.at(-1)?.[1] ?? 0
  const repeated = answers.slice(-50)
  for (const [room, ref, epoch, at] of repeated)
    expect(await repeat(backplane, room, ref)).toMatchObject({ outcome: 'duplicate', epoch, at, by: 'node1' })
  for (let ref = last + 1; ref <= last + 16; ref++)
    await repeat(backplane, ((ref - 1) % 8) % 2 ? '#one' : '#two', ref)
  const twice = raw.prepare('SELECT id FROM entries GROUP BY log, id HAVING count(*) > 1').all()
  expect(twice).toEqual([])
  const { next } = raw.prepare('SELECT max(ref) + 1 AS next FROM refs').get() as { next: number }
  await close()
  return next
}

it(`a process that is killed ${kills} times in the middle of its appends loses no message that it has acknowledged, and no epoch`, async () => {
  const script = await bundle('appender')
  let acknowledged = 0
  async function lane(number: number): Promise<void> {
    const path = newPath()
    const epochs = new Map<string, string>()
    const all: Answer[] = []
    for (let round = 0, first = 1; round < kills / lanes; round++) {
      const answers = await runAndKill(script, path, first, (round * 7 + number * 3) % 40)
      first = Math.ceil((await check(path, answers, epochs)) / 8) * 8 + 1
      all.push(...answers)
    }
    acknowledged += all.length
    const { raw } = openBackplane({ keep: 'all' }, path)
    const ids = new Set((raw.prepare('SELECT id FROM entries').all() as { id: string }[]).map(({ id }) => id))
    expect(all.filter(([, ref]) => !ids.has(`s1.${ref}`))).toEqual([])
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  expect(acknowledged).toBeGreaterThan(kills * 8)
})
