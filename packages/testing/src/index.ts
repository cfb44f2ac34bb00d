export { type Duration, milliseconds } from './duration.ts'
export { Random } from './random.ts'
export { VirtualTime } from './virtual-time.ts'
export { type AnyClient, type World, type WorldLink, type WorldOptions, world } from './world.ts'
