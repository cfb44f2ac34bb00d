import type { ReaderState, StreamPart, StreamReader } from '@chat/core'
import type { Store } from '../store.ts'

/** State of a stream, for a screen. */
export interface StreamSnapshot<Part extends StreamPart = StreamPart> {
  /** Everything so far: a text, or an array of all items. `null` without a reader. */
  readonly value: Part | null
  /** State of the stream; `null` without a reader. */
  readonly state: ReaderState | null
  /** Number of times at which reading began again, because the hub could not continue. */
  readonly restarted: number
}

/** Store of a stream: its first subscriber reads the stream. */
export function streamStore<Part extends StreamPart>(
  reader: StreamReader<Part>,
): Store<StreamSnapshot<Part>> {
  let known: StreamSnapshot<Part> | null = null
  return {
    snapshot() {
      const { value, state, restarted } = reader
      if (known?.value !== value || known.state !== state || known.restarted !== restarted)
        known = { value, state, restarted }
      return known
    },
    subscribe: (listener) => reader.onChange(listener),
  }
}
