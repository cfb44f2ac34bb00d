export { type EventStoreOptions, mcpEventStore } from './mcp-event-store.ts'
