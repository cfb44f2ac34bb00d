export type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  Durability,
  EndedSession,
  HintReliability,
  LogEntry,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  SessionRecord,
  SessionStore,
  TakeAttempt,
  TakeResult,
} from './backplane/backplane.ts'
export { LogWriter, type LogWriterOptions } from './backplane/log-writer.ts'
export { pageBytes } from './backplane/page-size.ts'
export type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from './backplane/presence-store.ts'
export { type PlacedEntry, type ReadLogOptions, readLog } from './backplane/read-log.ts'
export { sameDigest } from './runtime/hash.ts'
export { checkBoolean, checkObject, checkRuntime } from './vocabulary/check-option-kinds.ts'
export {
  type Complete,
  checkDuration,
  checkText,
  describe,
  fillDefaults,
  type OptionNames,
} from './vocabulary/check-options.ts'
export { checkOptionsWithHint } from './vocabulary/check-options-with-hint.ts'
export type { JsonText } from './vocabulary/json-text.ts'
export { utf8Length } from './vocabulary/text.ts'
