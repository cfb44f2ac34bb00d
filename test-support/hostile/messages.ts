import type { Limits, Timeouts } from '@chat/core'
import type { MemoryStoreOptions } from '@chat/core/memory'

/** Options of the program of a hub under attack. */
export interface VictimOptions {
  readonly limits?: Partial<Limits>
  readonly timeouts?: Partial<Timeouts>
  readonly log?: Pick<MemoryStoreOptions, 'bytes' | 'sessions'>
  /** Streams that clients write. Default: none. */
  readonly clientStreams?: readonly string[]
  /** `true` for rooms with presence. Default: `false`. */
  readonly presence?: boolean
  /**
   * `rejects` for an application whose callbacks return promises that reject, `slow` for one whose policy asks a
   * database for the rooms `#slow…`, `guests` for one whose users are all anonymous. Default: an application without faults.
   */
  readonly application?: 'sound' | 'rejects' | 'slow' | 'guests'
}

/** Command to the process of the hub. */
export type ToVictim =
  /** Collects garbage, starts the peaks and delays anew, and answers with the figures. */
  | { readonly type: 'mark' }
  /** Collects garbage, and answers with the figures since the last mark. */
  | { readonly type: 'measure' }
  /** Lets the hub store messages at an address, each with so many bytes of data, and answers when it has. */
  | ({ readonly type: 'fill' } & Filling)
  /** Resets all connections from a network address, and answers when it has. */
  | { readonly type: 'cut'; readonly from: string }
  /** Closes the hub within so many milliseconds, and answers when it is closed. */
  | { readonly type: 'close'; readonly deadline: number }

/** Messages that the hub stores at an address. */
export interface Filling {
  readonly address: string
  readonly count: number
  readonly bytes: number
  /** `objects` for data that takes many times its text when it is parsed. Default: `text`. */
  readonly data?: 'text' | 'objects'
}

/** Figures of the hub's process. Sizes are in bytes, durations in milliseconds. */
export interface VictimFigures {
  /** Bytes of objects and buffers after a collection. */
  readonly heap: number
  /** Bytes that the log counts: messages, answers to repetitions, states and sessions. */
  readonly counted: number
  /** Maximum of the bytes of objects and buffers since the mark. */
  readonly peak: number
  /** Delays of the event loop since the mark. */
  readonly loop: { readonly p99: number; readonly max: number }
  /** Open sockets, timers of the process, connected sessions, rooms with sessions. */
  readonly sockets: number
  readonly timers: number
  readonly sessions: number
  readonly rooms: number
  /** Calls of `authorize` and of `authenticate` since the mark. */
  readonly policies: number
  readonly authentications: number
  /** Reports of `$error` since the mark, and the bytes that a log of all events would have. */
  readonly errors: number
  readonly logged: number
  /** Control characters in the events that a log would have. */
  readonly controls: number
  /** Bytes that the hub has written to its sockets since the mark. */
  readonly written: number
}

/** Notice of the process of the hub. */
export type FromVictim =
  | { readonly type: 'listening'; readonly port: number; readonly http2: number }
  | { readonly type: 'figures'; readonly figures: VictimFigures }
  | { readonly type: 'filled' }
  | { readonly type: 'cut' }
  | { readonly type: 'closed'; readonly after: number }

/** Command to the process of the innocent clients. */
export type ToInnocent =
  /** Starts the delays anew. */
  | { readonly type: 'mark' }
  /** Ends the sends, waits until they have settled, and answers with the report. */
  | { readonly type: 'finish' }

/** Report of the innocent clients. Durations are in milliseconds. */
export interface InnocentReport {
  readonly sent: number
  /** Sends that were rejected or have never settled, by the code of their error. */
  readonly failed: Readonly<Record<string, number>>
  /** Messages that were stored and did not arrive, that arrived twice, or that arrived out of order. */
  readonly lost: number
  readonly twice: number
  readonly disordered: number
  readonly gaps: number
  /** Connections that were lost. */
  readonly cuts: number
  /** Sessions that were not resumed after their connection was lost. */
  readonly forgotten: number
  /** New clients that could connect, and that could not. */
  readonly newcomers: number
  readonly refused: number
  /** From a send to its arrival, since the mark. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Notice of the process of the innocent clients. */
export type FromInnocent =
  | { readonly type: 'flowing' }
  | { readonly type: 'report'; readonly report: InnocentReport }
