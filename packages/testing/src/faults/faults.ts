import { UsageError } from '@chat/core'
import type { Direction } from '@chat/core/memory'
import type { Random } from '../time/random.ts'

/** A point in time. */
interface Timed {
  /** Milliseconds of virtual time from the injection of the fault to its beginning. */
  readonly at: number
}

/**
 * A fault as data. Faults are drawn up front from a seed, so the search can leave a fault out without a
 * change of the other faults. Clients, hubs and logs are named by their index in the order in which they were
 * made, modulo their number. Durations are milliseconds; `for` is the duration of the fault.
 */
export type Fault = Timed &
  (
    | {
        readonly kind: 'stall'
        readonly client: number
        readonly direction: Direction | 'both'
        readonly for: number
      }
    | {
        readonly kind: 'reset'
        readonly client: number
        /** Delay until each side notices; `null`: never. */
        readonly seen: { readonly client: number | null; readonly hub: number | null }
      }
    | { readonly kind: 'cut' | 'refuse' | 'sleep'; readonly client: number; readonly for: number }
    | {
        readonly kind: 'slow'
        readonly client: number
        readonly bytesPerSecond: number
        readonly for: number
      }
    | {
        readonly kind: 'crash'
        readonly hub: number
        /** Downtime until the hub starts again. */
        readonly for: number
        /** Delay until its clients notice; `null`: never. */
        readonly telling: number | null
      }
    | {
        /** The hub is drained, as in a deploy, and starts again. */
        readonly kind: 'drain'
        readonly hub: number
        readonly deadline: number
        readonly for: number
      }
    | { readonly kind: 'pause'; readonly hub: number; readonly for: number }
    /** The hub's clock runs fast or slow: 1.1 is ten percent fast. */
    | { readonly kind: 'skew'; readonly hub: number; readonly rate: number; readonly for: number }
    /** The hub's wall clock is fast by `ahead` milliseconds, or slow by a negative number. */
    | { readonly kind: 'clock'; readonly hub: number; readonly ahead: number; readonly for: number }
    | { readonly kind: 'outage'; readonly hub: number; readonly for: number }
    | { readonly kind: 'hints'; readonly lose: number; readonly double: number; readonly for: number }
    | { readonly kind: 'answers'; readonly lose: number; readonly for: number }
    | { readonly kind: 'wipe'; readonly for: number }
    | { readonly kind: 'rollback'; readonly stream: number; readonly count: number; readonly for: number }
    | { readonly kind: 'forget'; readonly stream: number }
    | { readonly kind: 'trim'; readonly stream: number; readonly keep: number }
    | {
        /** The hub breaks the protocol: every n-th message to a client is left out, or sent twice. */
        readonly kind: 'omission' | 'repetition'
        readonly client: number
        readonly every: number
        readonly for: number
      }
  )

/** Name of a kind of fault. */
export type FaultKind = Fault['kind']

/**
 * All kinds of faults that can occur while every hub keeps the protocol: all but `omission` and `repetition`,
 * which a test must name.
 */
export const allFaults: readonly FaultKind[] = [
  'stall',
  'reset',
  'cut',
  'refuse',
  'slow',
  'sleep',
  'crash',
  'drain',
  'pause',
  'skew',
  'clock',
  'outage',
  'hints',
  'answers',
  'wipe',
  'rollback',
  'trim',
  'forget',
]

/**
 * Refuses kinds of faults that do not exist.
 *
 * @param operation - Completes "unable to …", such as `explore`.
 * @throws UsageError that lists the kinds that exist.
 */
export function checkFaultKinds(operation: string, kinds: readonly FaultKind[]): void {
  const known: readonly FaultKind[] = [...allFaults, 'omission', 'repetition']
  for (const kind of kinds)
    if (!known.includes(kind))
      throw new UsageError(
        `unable to ${operation}: there is no fault '${String(kind)}'; the faults are ${known.join(', ')}`,
      )
}

/** Bounds within which faults are drawn. */
export interface FaultPlan {
  /** Maximum number of faults. */
  readonly most: number
  /** Milliseconds within which all faults begin. */
  readonly within: number
  /** Kinds to draw from; a kind that occurs twice is drawn twice as often. */
  readonly kinds: readonly FaultKind[]
  /** Factor by which faults last longer than usual. Default: 1. */
  readonly lasting?: number
}

/** Draws the faults of a run, and returns them in the order of their beginnings. */
export function drawFaults(random: Random, plan: FaultPlan): Fault[] {
  if (plan.kinds.length === 0) return []
  const faults: Fault[] = []
  const lasting = plan.lasting ?? 1
  for (let count = 1 + random.below(plan.most); count > 0; count--) {
    const kind = plan.kinds[random.below(plan.kinds.length)] ?? 'reset'
    const at = Math.floor(random.between(0, plan.within))
    const fault = { at, ...draw(kind, random) } as Fault
    faults.push('for' in fault ? { ...fault, for: fault.for * lasting } : fault)
  }
  return faults.sort((a, b) => a.at - b.at)
}

/** Draws a duration, mostly short and sometimes long: a heavy tail. */
const span = (random: Random, most: number): number => Math.floor(most * random.next() ** 3) + 1

function draw(kind: FaultKind, random: Random): object {
  const client = random.below(1_000)
  const hub = random.below(1_000)
  const seen = (): number | null => (random.next() < 0.3 ? null : span(random, 3_000))
  switch (kind) {
    case 'stall':
      return {
        kind,
        client,
        direction: (['up', 'down', 'both'] as const)[random.below(3)],
        for: span(random, 45_000),
      }
    case 'reset':
      return { kind, client, seen: { client: seen(), hub: seen() } }
    case 'cut':
    case 'refuse':
    case 'sleep':
      return { kind, client, for: span(random, 40_000) }
    case 'slow':
      return { kind, client, bytesPerSecond: 200 + random.below(20_000), for: span(random, 30_000) }
    case 'crash':
      return { kind, hub, for: span(random, 10_000), telling: seen() }
    case 'drain':
      return { kind, hub, deadline: span(random, 10_000), for: span(random, 5_000) }
    case 'pause':
      return { kind, hub, for: span(random, 60_000) }
    case 'skew':
      return { kind, hub, rate: 0.9 + 0.2 * random.next(), for: span(random, 60_000) }
    case 'clock':
      return { kind, hub, ahead: Math.floor(random.between(-900_000, 900_000)), for: span(random, 60_000) }
    case 'outage':
      return { kind, hub, for: span(random, 30_000) }
    case 'hints':
      return { kind, lose: random.next() * 0.5, double: random.next() * 0.3, for: span(random, 60_000) }
    case 'answers':
      return { kind, lose: random.next() * 0.5, for: span(random, 20_000) }
    case 'omission':
    case 'repetition':
      return { kind, client, every: 1 + random.below(8), for: span(random, 40_000) }
    case 'wipe':
      return { kind, for: span(random, 5_000) }
    case 'rollback':
      return { kind, stream: random.below(1_000), count: 1 + random.below(20), for: span(random, 5_000) }
    case 'forget':
      return { kind, stream: random.below(1_000) }
    case 'trim':
      return { kind, stream: random.below(1_000), keep: random.below(10) }
  }
}
