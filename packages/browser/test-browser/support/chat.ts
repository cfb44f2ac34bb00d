import type { AnyContract, Client, ClientStatus } from '@chat/core'
import { vi } from 'vitest'

/** Contract of the tests. */
export interface Chat {
  events: { say: { text: string }; dm: { text: string }; typing: boolean }
  calls: { double: { input: number; output: number } }
  asks: { confirm: { input: { question: string }; output: boolean } }
}

/** Resolves when a client has a status. */
export function reaches<C extends AnyContract>(
  client: Pick<Client<C>, 'status' | 'on'>,
  status: ClientStatus,
): Promise<void> {
  if (client.status === status) return Promise.resolve()
  return new Promise((resolve) => {
    const undo = client.on('$status', (change) => {
      if (change.status !== status) return
      undo()
      resolve()
    })
  })
}

/** Waits until `check` no longer throws. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 })
