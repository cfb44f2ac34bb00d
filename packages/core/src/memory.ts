export {
  MemoryBackplane,
  type MemoryBackplaneFaults,
  type MemoryBackplaneOptions,
} from './memory/backplane/memory-backplane.ts'
export { MemoryStore } from './memory/backplane/memory-store.ts'
export type { MemoryStoreOptions } from './memory/backplane/memory-store-options.ts'
export type { Retention } from './memory/backplane/stream-log.ts'
export type { Direction, MemoryLink, Reset } from './memory/network/memory-link.ts'
export {
  type ListeningHub,
  type MemoryDialOptions,
  MemoryNetwork,
  type MemoryNetworkOptions,
} from './memory/network/memory-network.ts'
