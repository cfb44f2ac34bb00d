import { expect, test } from 'vitest'
import { Soak } from './soak.ts'

/** Growth of a hub without clients over the same hub with all clients, in megabytes. */
const mayGrow = 24
const megabyte = 1_048_576
const minutes = Number(process.env['SOAK_MINUTES'] ?? 10)
const seed = Number(process.env['SOAK_SEED'] ?? 1)
const backplane = process.env['SOAK_BACKPLANE'] === 'redis' ? 'redis' : 'sqlite'

/** Number of broken promises of a kind that are printed. */
const shown = 10

test(`a soak of ${minutes} minutes over ${backplane}, seed ${seed} (SK-01, SK-03)`, async () => {
  const tell = (line: string): void => console.log(line)
  const outcome = await Soak.run({ duration: minutes * 60_000, seed, backplane, tell })
  const { verdict, memory, crashes, ...counts } = outcome
  const { twice, disordered, holes, unreported, unsettled, ...figures } = verdict
  console.log(JSON.stringify({ seed, ...counts, ...figures }, null, 1))
  for (const { before, after } of memory) console.log(`held before ${show(before)}, after ${show(after)}`)
  const broken = { twice, disordered, holes, unreported, unsettled }
  for (const [name, list] of Object.entries(broken))
    if (list.length > 0) console.log(`${list.length} ${name}: ${list.slice(0, shown).join('; ')}`)
  expect(crashes, 'hubs that have crashed').toEqual([])
  expect(Object.values(broken).map((list) => list.length)).toEqual([0, 0, 0, 0, 0])
  expect(figures.lost, 'acknowledged messages that are lost').toBe(0)
  expect(Object.keys(figures.failed), 'codes of failed sends').not.toContain('internal')
  for (const { before, after } of memory) {
    expect((after.heap - before.heap) / megabyte, 'megabytes that a hub has not given back').toBeLessThan(
      mayGrow,
    )
    expect(after.sessions, 'sessions that are left').toBeLessThanOrEqual(1)
  }
})

const show = ({ heap, sessions, timers }: { heap: number; sessions: number; timers: number }): string =>
  `${(heap / megabyte).toFixed(1)} MB, ${sessions} sessions, ${timers} timers`
