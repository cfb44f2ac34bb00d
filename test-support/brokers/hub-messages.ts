import type { Position } from '@chat/core'
import type { BackplaneSpec } from './backplane-spec.ts'

/** Options of the program of a hub. */
export interface HubProgramOptions {
  readonly backplane: BackplaneSpec
  /** Port to listen on. Default: a free port. */
  readonly port?: number
  /** Time to drain, in milliseconds. Default: 3 000. */
  readonly deadline?: number
}

/** What the process of a hub holds: bytes of objects and buffers, connected sessions, and timers. */
export interface Census {
  readonly heap: number
  readonly sessions: number
  readonly timers: number
}

/** Command to the process of a hub. Each but `census` ends the ticks that an earlier command has started. */
export type ToHub =
  /** Sends a message every so many milliseconds. */
  | { readonly type: 'tick'; readonly every: number }
  /** Sends messages at once, each of so many bytes. */
  | { readonly type: 'flood'; readonly count: number; readonly bytes: number }
  | { readonly type: 'quiet' }
  /** Collects garbage, and answers with what the process holds. It ends no ticks. */
  | { readonly type: 'census' }

/** Notice of the process of a hub. */
export type FromHub =
  | { readonly type: 'listening'; readonly port: number; readonly node: string }
  /** The hub sends a message of its own. */
  | { readonly type: 'sent'; readonly n: number }
  /** The message was stored at a position, or failed with a code. */
  | {
      readonly type: 'settled'
      readonly n: number
      readonly position: Position | null
      readonly code: string | null
    }
  | { readonly type: 'census'; readonly census: Census }
  | { readonly type: 'error'; readonly text: string }
