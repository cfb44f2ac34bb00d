import { isPromise } from '../runtime/maybe-promise.ts'
import type { ErrorCode } from '../vocabulary/errors.ts'
import type { GapReason } from '../vocabulary/position.ts'
import type { EndState } from '../vocabulary/stream.ts'
import { isName, printable } from '../vocabulary/text.ts'

/**
 * Fact about the work of a hub, which {@link HubOptions.observe} is called with; `type` tells the facts apart.
 * Durations are in milliseconds, sizes in bytes. Sessions and users are given by their ids.
 */
export type HubObservation =
  /** A client was welcomed: on a first connection, or on a connection that has resumed its session. */
  | {
      readonly type: 'connect'
      /** Id of the session. */
      readonly session: string
      /** Id of the user. */
      readonly user: string
      /** `true` when the connection has resumed the session. */
      readonly resumed: boolean
      /** Name of the connection's transport. */
      readonly transport: string
      /** Time from the connection to the `welcome`. */
      readonly took: number
    }
  /** A connection has ended, also before its `welcome`. */
  | {
      readonly type: 'close'
      /** Id of the session; `null` before the `welcome`. */
      readonly session: string | null
      /** Id of the user; `null` before the `welcome`. */
      readonly user: string | null
      /** Name of the connection's transport. */
      readonly transport: string
      /** Close code. */
      readonly code: number
      /** Close reason. */
      readonly reason: string
    }
  /** A policy of the application has answered. */
  | {
      readonly type: 'policy'
      /** Name of the option. */
      readonly policy: 'authenticate' | 'authorize'
      /** Operation that needs permission; `null` for `authenticate`. */
      readonly action: 'join' | 'send' | 'cast' | 'read' | 'who' | 'cancel' | null
      /** Address of the operation; `null` for `authenticate`. */
      readonly address: string | null
      /** Id of the user; `null` for a client that `authenticate` has refused. */
      readonly user: string | null
      /** Code of the refusal; `null` when the policy allows the operation. */
      readonly code: ErrorCode | null
      /** Time until the answer of the policy; 0 when it answers at once. */
      readonly took: number
    }
  /** A log has answered to a message of a client or of the hub. */
  | {
      readonly type: 'append'
      /** Address of the message. */
      readonly address: string
      /** Name of the event. */
      readonly event: string
      /** Id of the user who sent the message; `null` for the hub. */
      readonly from: string | null
      /** Id of the message. */
      readonly id: string
      /**
       * `stored`, or `duplicate` for a repetition that the log has recognised, or `conflict` for another message
       * under a known key.
       */
      readonly outcome: 'stored' | 'duplicate' | 'conflict'
      /** Time until the answer of the log; 0 when it answers at once, as a log in memory does. */
      readonly took: number
    }
  /** A message has reached this node, and the readers of its address here. */
  | {
      readonly type: 'deliver'
      /** Address of the message. */
      readonly address: string
      /** Name of the event. */
      readonly event: string
      /** Id of the message. */
      readonly id: string
      /** Number of connections to which this node has written the message. */
      readonly readers: number
      /** Number of connections that do not keep up, or still catch up: they read the message from the log later. */
      readonly behind: number
      /** Time since the log has stamped the message, by the wall clock of this node. */
      readonly lag: number
    }
  /** A stream was opened, or has ended: shown by the node that has stored that. */
  | {
      readonly type: 'stream'
      /** Address of the stream. */
      readonly address: string
      /** Name of the stream. */
      readonly event: string
      /** `open` at the beginning; otherwise the state in which the stream has ended. */
      readonly state: 'open' | EndState
      /** Number of parts that were written; `null` for a stream that this node has ended for another node. */
      readonly parts: number | null
      /** Bytes of these parts and of the beginning, as JSON; `null` where `parts` is. */
      readonly bytes: number | null
      /** Time since the beginning; 0 for `open`, and `null` where `parts` is. */
      readonly took: number | null
    }
  /** The log has stored parts of a stream that this node writes. */
  | {
      readonly type: 'part'
      /** Address of the stream. */
      readonly address: string
      /** Name of the stream. */
      readonly event: string
      /** Number of parts, which were joined into one entry. */
      readonly parts: number
      /** Bytes of the entry's data, as JSON. */
      readonly bytes: number
      /** Time until the answer of the log. */
      readonly took: number
    }
  /** A client goes on from a position in a log. */
  | {
      readonly type: 'resume'
      /** Id of the session. */
      readonly session: string
      /** Id of the user. */
      readonly user: string
      /** Address of the log. */
      readonly address: string
      /** `live` when no message was missed, `replay` when the log has them all, else `gap`. */
      readonly mode: 'live' | 'replay' | 'gap'
      /** Reason of a gap; `null` without a gap. */
      readonly reason: GapReason | null
      /** Offsets between the reader and the top of the log: at most so many messages are replayed. */
      readonly missed: number
    }
  /** A connection takes no more bytes, or takes bytes again. */
  | {
      readonly type: 'queue'
      /** Id of the session; `null` before the `welcome`. */
      readonly session: string | null
      /** `true` when the connection takes no more bytes. */
      readonly blocked: boolean
      /** Bytes that wait in the transport. */
      readonly bytes: number
    }
  /** A cast was dropped: of a client whose cast was refused, or for connections that do not keep up. */
  | {
      readonly type: 'drop'
      /** Address of the cast. */
      readonly address: string
      /** Name of the event; `null` for a cast that connections were too slow for. */
      readonly event: string | null
      /** Id of the session that sent the cast; `null` for the hub. */
      readonly session: string | null
      /** Code of the refusal; `null` for a cast that connections were too slow for. */
      readonly code: ErrorCode | null
      /** Number of connections that were too slow; 0 for a cast that was refused. */
      readonly readers: number
    }
  /** A call of a client was answered. */
  | {
      readonly type: 'call'
      /** Name of the call. */
      readonly event: string
      /** Id of the session that calls. */
      readonly session: string
      /** Id of the user who calls. */
      readonly user: string
      /** Code of the refusal; `null` for a result. */
      readonly code: ErrorCode | null
      /** Time until the answer; 0 when the handler answers at once. */
      readonly took: number
    }
  /** An ask of this hub has ended. */
  | {
      readonly type: 'ask'
      /** Name of the ask. */
      readonly event: string
      /** Address whose sessions were asked. */
      readonly address: string
      /** Number of sessions that have answered. */
      readonly answered: number
      /** Number of sessions that have refused, or whose connection has ended. */
      readonly refused: number
      /** Number of sessions that had no outcome at the end of the ask. */
      readonly open: number
      /** Number of nodes that did not tell their sessions. */
      readonly unreachable: number
      /** Code of the error that has ended the ask early, `cancelled` for its signal; `null` without one. */
      readonly code: ErrorCode | null
      /** Time until the end of the ask. */
      readonly took: number
    }

/**
 * Returns a name that a client has written as a fact shows it. It may be no name: applications make labels of metrics
 * and lines of logs of them.
 */
export const shownName = (name: string): string => (isName(name) ? name : printable(name.slice(0, 128)))

/** Function that is shown facts, without a result and without errors. */
export type HubObserver = (seen: HubObservation) => void

/**
 * Returns the application's function as an observer that neither throws nor rejects; `null` without a function, so
 * that no fact is made. `onError` is called with what the function throws, or its promise rejects with.
 */
export function toObserver(
  given: ((seen: HubObservation) => unknown) | undefined,
  onError: (error: unknown) => void,
): HubObserver | null {
  if (given === undefined) return null
  return (seen) => {
    try {
      const result = given(seen)
      if (isPromise(result)) Promise.resolve(result).catch(onError)
    } catch (error) {
      onError(error)
    }
  }
}
