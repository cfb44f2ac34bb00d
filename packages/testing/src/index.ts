export { DivergenceError } from './explore/divergence-error.ts'
export { type ExploreOptions, type ExploreReport, explore, traceHash } from './explore/explore.ts'
export { allFaults, type Fault, type FaultKind } from './faults/faults.ts'
export { GuardError } from './globals/guard.ts'
export { Actor, type ActorOptions } from './time/actor.ts'
export { type Duration, milliseconds } from './time/duration.ts'
export { Random } from './time/random.ts'
export { VirtualTime } from './time/virtual-time.ts'
export { InvariantError, type Replay, type Violation } from './world/invariant-error.ts'
export {
  type AnyClient,
  type AnyHub,
  type DurationRange,
  type World,
  type WorldBackplane,
  type WorldLink,
  type WorldOptions,
  world,
} from './world/world.ts'
