/** A cast on its way between nodes. */
export interface CastMessage {
  /** The address that the cast was sent to. */
  readonly address: string
  /** The event's name. */
  readonly event: string
  /** The data, as the sender gave it. */
  readonly data: unknown
  /** The user who sent it; `null` for the hub. */
  readonly from: string | null
  /** The session that sent it; `undefined` for the hub. */
  readonly session: string | undefined
  /** Of the casts with the same key only the newest matters. */
  readonly key: string | undefined
}

/**
 * Returns a key for casts that replace each other: those with the same address, session and key. Returns
 * `null` for a cast without a key. Addresses and session ids contain no line feed, so it separates the parts.
 */
export function castKey({ address, session, key }: CastMessage): string | null {
  return key === undefined ? null : `${address}\n${session ?? ''}\n${key}`
}
