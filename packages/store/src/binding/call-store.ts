import {
  type AnyContract,
  type CallName,
  type CallOptions,
  type CallResult,
  type Client,
  type OperationInput,
  UsageError,
} from '@chat/core'
import type { Store } from '../store.ts'

/** State of the calls of a component, for a screen. */
export interface CallSnapshot<C extends AnyContract, K extends CallName<C>> {
  /** `true` while the newest call waits for its answer. */
  readonly pending: boolean
  /** Answer to the newest call that was answered; `null` before it. */
  readonly result: CallResult<C, K> | null
  /** Error of the newest call; `null` while it waits, and after an answer. */
  readonly error: Error | null
}

/** Arguments of a call: its input, which may be left out when it may be `undefined`, and its options. */
export type CallArguments<C extends AnyContract, K extends CallName<C>> =
  undefined extends OperationInput<C, 'calls', K>
    ? [input?: OperationInput<C, 'calls', K>, options?: CallOptions]
    : [input: OperationInput<C, 'calls', K>, options?: CallOptions]

/** Calls of one name from one component. */
export interface CallStore<C extends AnyContract, K extends CallName<C>> extends Store<CallSnapshot<C, K>> {
  /**
   * Calls the hub, as `client.call` does, and resolves with the answer. Never rejects: after a failure it resolves
   * with `undefined`, and the snapshot has the error. Of several calls the snapshot shows the newest.
   */
  call(...rest: CallArguments<C, K>): Promise<CallResult<C, K> | undefined>
}

/** Makes the store of a component's calls. Without a client each call fails with a `UsageError`. */
export function callStore<C extends AnyContract, K extends CallName<C>>(
  client: Client<C> | null,
  name: K,
): CallStore<C, K> {
  const listeners = new Set<{ readonly listener: () => void }>()
  let snapshot: CallSnapshot<C, K> = { pending: false, result: null, error: null }
  let newest = 0
  const set = (change: Partial<CallSnapshot<C, K>>): void => {
    snapshot = { ...snapshot, ...change }
    for (const { listener } of [...listeners]) listener()
  }
  return {
    snapshot: () => snapshot,
    subscribe(listener) {
      const entry = { listener }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
    async call(...rest) {
      const turn = ++newest
      set({ pending: true, error: null })
      const answer = await answerOf(client, name, rest)
      if (turn === newest) set({ pending: false, ...answer })
      return answer.result
    },
  }
}

async function answerOf<C extends AnyContract, K extends CallName<C>>(
  client: Client<C> | null,
  name: K,
  rest: CallArguments<C, K>,
): Promise<{ readonly result?: CallResult<C, K>; readonly error?: Error }> {
  try {
    if (client === null) throw new UsageError(`unable to call '${name}': there is no client yet`)
    const call = client.call.bind(client) as (
      name: K,
      ...rest: readonly unknown[]
    ) => Promise<CallResult<C, K>>
    return { result: await call(name, ...rest) }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }
}
