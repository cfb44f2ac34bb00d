/**
 * The contract of the page and its server, only as types: the hub accepts any data, and the page checks it
 * before it shows it.
 */
export interface Chat {
  readonly events: {
    /** A message in a room. */
    readonly say: Line
    /** A message to a single person. */
    readonly dm: Line
    /** A message to everyone. */
    readonly announce: Line
    /** A cast: `true` while its sender is typing in a room. */
    readonly typing: boolean
  }
  readonly calls: {
    /** Asks for the messages of a room that the server keeps. */
    readonly kept: { readonly input: string; readonly output: Kept }
  }
}

/** The messages of a room that the server keeps. */
export interface Kept {
  readonly messages: number
  /** The time of the oldest, in milliseconds since 1970. */
  readonly since: number
  /** The time at which the server was started, in milliseconds since 1970. */
  readonly startedAt: number
}

/** A text written by a person. */
export interface Line {
  readonly text: string
  /** Chosen by the sender, and the same when the line is sent again, so that the page shows it once. */
  readonly key: string
  /** The time of writing, in milliseconds since 1970 by the sender's clock. */
  readonly sentAt: number
}
