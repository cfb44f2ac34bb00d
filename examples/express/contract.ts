/** What the page and its server agree on, as types only: the hub takes any event with any data, and the page looks before it shows. */
export interface Chat {
  readonly events: {
    /** Something said in a room. */
    readonly say: Line
    /** Something said to one person. */
    readonly dm: Line
    /** Something said to everyone. */
    readonly announce: Line
    /** A cast: whether its sender is typing in a room. */
    readonly typing: boolean
  }
}

/** Something written by a person. */
export interface Line {
  readonly text: string
  /** Chosen by the sender, the same when it is sent again: the page shows it once. */
  readonly key: string
  /** When it was written, in milliseconds since 1970 by the sender's clock. */
  readonly sentAt: number
}
