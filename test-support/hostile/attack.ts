import { expect, test } from 'vitest'
import type { InnocentReport, VictimFigures, VictimOptions } from './messages.ts'
import { type Findings, Scene } from './scene.ts'

/** Heap of the hub's process by default, in megabytes. */
const defaultHeap = 256
const megabyte = 1_048_576
/** Liveness: longest time in which the loop stands, in milliseconds. A message may take twice as long. */
const longestDelay = 3_000
/** `true` when only the attacks for CI run. */
const quick = process.env['HOSTILE'] === 'quick'

/** Options of an attack: the hub that it meets, and the promises that it may touch. */
export interface AttackOptions {
  /** `true` for an attack that CI runs. Default: `false`. */
  readonly quick?: boolean
  /** Options of the hub. Default: those of every hub. */
  readonly hub?: VictimOptions
  /** Heap of the hub's process, in megabytes. Default: 256. */
  readonly heap?: number
  /** Megabytes that the hub may hold more during the attack. Default: 64. */
  readonly peak?: number
  /** Megabytes that the hub may hold more after the attack: what its log and its sessions keep. Default: 16. */
  readonly keeps?: number
  /** Longest time in which the loop may stand, on a busy machine, in milliseconds. Default: 3 000. */
  readonly stands?: number
  /** `true` when the attack ends the hub itself, so that there is no innocent client afterwards. */
  readonly closes?: boolean
}

/** A row of the table. Sizes are in megabytes, durations in milliseconds. */
export interface AttackRow {
  readonly attack: string
  readonly heap: readonly [before: number, peak: number, after: number]
  readonly loop: VictimFigures['loop']
  readonly delay: InnocentReport['delay'] | null
  readonly left: { readonly sockets: number; readonly timers: number; readonly sessions: number }
  readonly findings: Findings
}

declare module 'vitest' {
  interface TaskMeta {
    attack?: AttackRow
  }
}

/**
 * Declares the test of an attack. `strike` attacks the hub, notes further figures, and expects the promises that are
 * the attack's own. Every attack must leave the hub alive, with bounded memory, and the innocent
 * clients without any loss.
 */
export function attack(title: string, options: AttackOptions, strike: (scene: Scene) => Promise<void>): void {
  const { quick: isQuick = false, hub = {}, heap = defaultHeap } = options
  if (quick && !isQuick) return void test.skip(`${title} [runs without --quick]`)
  test(title, async ({ task }) => {
    const scene = await Scene.start(hub, heap)
    try {
      await strike(scene)
      const outcome = options.closes ? {} : await outcomeOf(scene)
      task.meta.attack = rowOf(title, scene, outcome)
      expectPromises(scene, outcome, options)
    } catch (error) {
      // The figures of a broken promise say more than its error.
      if (scene.alive) task.meta.attack ??= rowOf(title, scene, await outcomeOf(scene).catch(() => ({})))
      throw error
    } finally {
      await scene.end()
    }
  })
}

/** The state of the hub and of the innocent clients after an attack; empty when the hub is closed. */
interface Outcome {
  readonly after?: VictimFigures
  readonly report?: InnocentReport
}

async function outcomeOf(scene: Scene): Promise<Outcome> {
  const after = await scene.cleanUp()
  return { after, report: await scene.innocents() }
}

function expectPromises(scene: Scene, { after, report }: Outcome, options: AttackOptions): void {
  expect(scene.alive, 'the hub lives').toBe(true)
  if (after !== undefined) expectBounded(scene.before, after, options)
  if (report !== undefined) expectUnharmed(report, options)
}

function expectBounded(
  before: VictimFigures,
  after: VictimFigures,
  { peak = 64, keeps = 16, stands = longestDelay }: AttackOptions,
): void {
  expect((after.peak - before.heap) / megabyte, 'growth during the attack').toBeLessThan(peak)
  expect((after.heap - before.heap) / megabyte, 'growth after the attack').toBeLessThan(keeps)
  expect(after.loop.max, 'longest time in which the loop stood').toBeLessThan(stands)
  expect(after.sockets, 'sockets that are left').toBeLessThanOrEqual(before.sockets + 3)
  expect(after.sessions, 'sessions that are left').toBeLessThanOrEqual(before.sessions + 1)
  expect(after.timers, 'timers that are left').toBeLessThanOrEqual(before.timers + 10)
}

function expectUnharmed(report: InnocentReport, { stands = longestDelay }: AttackOptions): void {
  const { failed, lost, twice, disordered, gaps, forgotten, cuts, refused, delay } = report
  expect({ failed, lost, twice, disordered, gaps, forgotten, cuts, refused }).toEqual({
    failed: {},
    lost: 0,
    twice: 0,
    disordered: 0,
    gaps: 0,
    forgotten: 0,
    cuts: 0,
    refused: 0,
  })
  expect(delay.max, 'longest way of a message').toBeLessThan(2 * stands)
}

function rowOf(attack: string, { before, findings }: Scene, { after = before, report }: Outcome): AttackRow {
  const left = (name: 'sockets' | 'timers' | 'sessions'): number => after[name] - before[name]
  return {
    attack,
    heap: [before.heap / megabyte, after.peak / megabyte, after.heap / megabyte],
    loop: after.loop,
    delay: report?.delay ?? null,
    left: { sockets: left('sockets'), timers: left('timers'), sessions: left('sessions') },
    findings,
  }
}
