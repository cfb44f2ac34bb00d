/** A session in a room. */
export interface Member<State = unknown> {
  readonly session: string
  readonly user: string
  /** What it says of itself; `null` for nothing. */
  readonly state: State
}
