import type { Direction } from '@chat/core/memory'
import type { Random } from '../time/random.ts'

/** When something goes wrong, and for how long, in milliseconds of virtual time since the faults began. */
interface Timed {
  readonly at: number
}

/**
 * Something that goes wrong, as data: drawn up front from a seed, so that one of them can be left out without shifting the others. Clients and hubs are named by the
 * order in which they were made, counted modulo their number; durations are milliseconds.
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
        /** When each side sees it; `null`: never. */
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
        /** How long until it is started again. */
        readonly for: number
        /** When its clients learn of it; `null`: never. */
        readonly telling: number | null
      }
    | {
        /** It is drained, as in a deploy, and started again. */
        readonly kind: 'drain'
        readonly hub: number
        readonly deadline: number
        readonly for: number
      }
    | { readonly kind: 'pause'; readonly hub: number; readonly for: number }
    /** Its clock runs fast or slow: 1.1 is ten percent fast. */
    | { readonly kind: 'skew'; readonly hub: number; readonly rate: number; readonly for: number }
    | { readonly kind: 'outage'; readonly hub: number; readonly for: number }
    | { readonly kind: 'hints'; readonly lose: number; readonly double: number; readonly for: number }
    | { readonly kind: 'answers'; readonly lose: number; readonly for: number }
    | { readonly kind: 'wipe'; readonly for: number }
    | { readonly kind: 'rollback'; readonly stream: number; readonly count: number; readonly for: number }
    | { readonly kind: 'forget'; readonly stream: number }
    | { readonly kind: 'trim'; readonly stream: number; readonly keep: number }
    | {
        /** A hub that breaks the protocol: every so-manieth message to a client is left out, or comes twice. */
        readonly kind: 'omission' | 'repetition'
        readonly client: number
        readonly every: number
        readonly for: number
      }
  )

/** The name of a fault. */
export type FaultKind = Fault['kind']

/** Everything that can go wrong where every hub keeps the protocol: all but `omission` and `repetition`, which must be asked for. */
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
  'outage',
  'hints',
  'answers',
  'wipe',
  'rollback',
  'trim',
  'forget',
]

/** How faults are drawn. */
export interface FaultPlan {
  /** How many, at most. */
  readonly most: number
  /** Within how many milliseconds they begin. */
  readonly within: number
  readonly kinds: readonly FaultKind[]
  /** How many times as long as usual they last. Default: 1. */
  readonly lasting?: number
}

/** Draws what goes wrong in a run, in the order of its time. */
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

/** Mostly short, now and then long: a heavy tail. */
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
