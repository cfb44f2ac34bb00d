import type { GapReason } from '@chat/core'
import { expect, test } from 'vitest'
import type { FaultRun } from './fault-run.ts'
import type { Verdict } from './judge.ts'

/** Time in which sends flow again after the broker is back, in milliseconds. */
const resumeTime = 5_000
/** Number of broken promises of a kind that an error lists. */
const shown = 10
/** `true` when the long tests run, too. */
const all = process.env['BROKERS'] === 'all'

/** A fault of the table, with the promises that stay when it happens. */
export interface FaultPromise {
  /** `true` when acknowledged messages may be lost: the broker itself has lost them. Default: `false`. */
  readonly mayLose?: boolean
  /** Reasons of gaps that readers may be told. Default: none, readers do not notice the fault. */
  readonly told?: readonly GapReason[]
  /** Codes with which sends may fail. Default: none, each send is stored. */
  readonly fails?: readonly string[]
}

/** Options of the test of a fault. */
export interface FaultOptions extends FaultPromise {
  /** `true` for a fault that only `npm run test:brokers -- --all` tests. Default: `false`. */
  readonly long?: boolean
}

/** A promise with all its parts. */
export type Promised = Required<FaultPromise>

/** Result of a fault, for the table: the promise, and the figures of this run. */
export interface FaultRecord {
  readonly broker: string
  readonly fault: string
  /** The promise; its lists are texts. */
  readonly promise: { readonly mayLose: boolean; readonly told: string; readonly fails: string }
  readonly figures: FaultFigures
}

/** Figures of a run. They differ from run to run, so no run is compared with the figures of another. */
export interface FaultFigures {
  readonly sends: number
  readonly twice: number
  readonly disordered: number
  readonly holes: number
  readonly lost: number
  readonly failed: Readonly<Record<string, number>>
  readonly told: Readonly<Record<string, number>>
  /** Milliseconds. */
  readonly longestPause: number
  /** Milliseconds; `null` when the broker was reachable all the time. */
  readonly resumedAfter: number | null
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: FaultRecord
  }
}

/** Declares the test of a fault. `strike` starts a run, and resolves with it when the fault is over. */
export type DeclareFault = (fault: string, options: FaultOptions, strike: () => Promise<FaultRun>) => void

/** Returns the function that declares the faults of a broker. */
export function faultsOf(broker: string): DeclareFault {
  return (fault, { long = false, mayLose = false, told = [], fails = [] }, strike) => {
    const title = `${broker}: ${fault}`
    if (long && !all) return void test.skip(`${title} [runs with --all]`)
    test(title, async ({ task }) => {
      const run = await strike()
      const verdict = await run.finish()
      task.meta.fault = {
        broker,
        fault,
        promise: { mayLose, told: told.join(', '), fails: fails.join(', ') },
        figures: figuresOf(verdict),
      }
      expect(run.crashes, 'hubs that have crashed').toEqual([])
      expect(run.blind, 'clients that do not see all members').toEqual([])
      expectKept(verdict, { mayLose, told, fails }, run)
    })
  }
}

function expectKept(verdict: Verdict, promise: Promised, run: FaultRun): void {
  const { twice, disordered, holes, unreported, unsettled, lost, told, failed, resumedAfter } = verdict
  const broken = Object.fromEntries(
    Object.entries({ twice, disordered, holes, unreported, unsettled }).map(([name, list]) => [
      name,
      list.slice(0, shown),
    ]),
  )
  const kept = { twice: [], disordered: [], holes: [], unreported: [], unsettled: [] }
  expect(broken, `errors: ${run.errors.slice(0, 10).join('\n')}`).toEqual(kept)
  if (!promise.mayLose) expect(lost, 'acknowledged messages that are lost').toBe(0)
  expect(promise.told, 'reasons of gaps').toEqual(expect.arrayContaining(Object.keys(told)))
  expect(promise.fails, 'codes of failed sends').toEqual(expect.arrayContaining(Object.keys(failed)))
  if (resumedAfter !== null)
    expect(resumedAfter, 'time until sends flow again').toBeLessThanOrEqual(resumeTime)
}

function figuresOf(verdict: Verdict): FaultFigures {
  const { twice, disordered, holes, unreported, unsettled, ...figures } = verdict
  return {
    ...figures,
    twice: twice.length,
    disordered: disordered.length,
    holes: holes.length + unreported.length,
  }
}
