/**
 * The state of a stream: `open` while it is written; `done`, `cancelled` or `failed` as its writer has ended
 * it; `cancelled` when a hub has ended it after a cancel, and `lost` when its writer is gone.
 */
export type StreamState = 'open' | 'done' | 'cancelled' | 'failed' | 'lost'

/** The state of a stream that has ended. */
export type EndState = Exclude<StreamState, 'open'>
