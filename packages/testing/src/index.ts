export { Actor, type ActorOptions } from './actor.ts'
export { DivergenceError } from './divergence-error.ts'
export { type Duration, milliseconds } from './duration.ts'
export { type ExploreOptions, type ExploreReport, explore, traceHash } from './explore.ts'
export { allFaults, type Fault, type FaultKind } from './faults.ts'
export { GuardError } from './guard.ts'
export { InvariantError, type Replay, type Violation } from './invariant-error.ts'
export { Random } from './random.ts'
export { VirtualTime } from './virtual-time.ts'
export {
  type AnyClient,
  type AnyHub,
  type DurationRange,
  type World,
  type WorldBackplane,
  type WorldLink,
  type WorldOptions,
  world,
} from './world.ts'
