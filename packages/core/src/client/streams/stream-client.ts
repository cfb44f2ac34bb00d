import { UsageError } from '../../vocabulary/errors.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'
import type { Operation } from '../operation.ts'
import type { OperationWriter } from '../operations/operation-writer.ts'
import type { Operations } from '../operations/operations.ts'
import type { Subscriptions } from '../subscriptions/subscriptions.ts'

/** Parts of a client that the reading of streams uses. */
export interface StreamClient {
  readonly context: ClientContext
  readonly connector: Connector
  readonly writer: OperationWriter
  readonly operations: Operations
  readonly subscriptions: Subscriptions
  /** Public id of the session; `null` before the first `welcome`. */
  readonly id: string | null
}

/** Functions that settle a promise. */
export interface Settler {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * Returns a promise. A rejection by the end of the client is marked as handled: a process does not end because of
 * it.
 */
export function promised(
  client: Pick<StreamClient, 'connector'>,
  start: (settler: Settler) => void,
): Promise<unknown> {
  const promise = new Promise((resolve, reject) => {
    start({
      resolve,
      reject: (error) => {
        if (isClosed(client)) promise.catch(() => {})
        reject(error)
      },
    })
  })
  return promise
}

/**
 * Writes an operation, and resolves with the hub's answer.
 *
 * @throws UsageError when the client is closed; `name` completes "unable to …".
 */
export const request = (
  client: Pick<StreamClient, 'connector' | 'writer'>,
  name: string,
  operation: Omit<Operation, 'resolve' | 'reject'>,
): Promise<unknown> =>
  promised(client, (settler) => {
    if (isClosed(client)) throw new UsageError(`unable to ${name}: the client is closed; make a new client`)
    client.writer.add({ ...operation, ...settler })
  })

/** Tells if the client has ended. */
export const isClosed = ({ connector }: Pick<StreamClient, 'connector'>): boolean =>
  connector.status === 'closed'
