import { UsageError } from '@chat/core'
import type { NatsClient, NatsConnection } from '../nats-client.ts'
import { type CheckedOptions, starting } from '../options.ts'
import { reasonOf, unavailable } from './unavailable.ts'

/** The package of the client that is used by default. */
const clientPackage = '@nats-io/transport-node'

/**
 * Loads the client that is used by default.
 *
 * @throws UsageError when it is not installed.
 */
export async function loadClient(): Promise<NatsClient> {
  try {
    const { connect, headers } = await import('@nats-io/transport-node')
    return { connect, headers }
  } catch (error) {
    throw new UsageError(
      `unable to ${starting}: the package ${clientPackage} cannot be loaded; install it with \`npm install ${clientPackage}\``,
      { cause: error },
    )
  }
}

/**
 * Connects to the servers.
 *
 * @throws UsageError when the servers refuse the credentials.
 * @throws ChatError with the code `unavailable` when no server answers.
 */
export async function connectTo(client: NatsClient, options: CheckedOptions): Promise<NatsConnection> {
  const { servers, timeout, connection } = options
  try {
    return await client.connect({
      name: `@chat/nats ${options.prefix}`,
      timeout,
      pingInterval: 5_000,
      maxPingOut: 2,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      ...connection,
      servers: [...servers],
      maxReconnectAttempts: -1,
      // Wrong credentials after a restart of the server may be mended while the hub runs.
      ignoreAuthErrorAbort: true,
      reconnect: true,
    })
  } catch (error) {
    if (isAuthorization(error))
      throw new UsageError(
        `unable to ${starting}: the server at ${servers.join(', ')} refuses the credentials (${reasonOf(error)}); check the option 'connection' (user and pass, token, or authenticator)`,
        { cause: error },
      )
    throw unavailable(
      starting,
      `no server answers at ${servers.join(', ')} (${reasonOf(error)}); check the option 'servers', TLS, and that nats-server runs`,
      error,
    )
  }
}

function isAuthorization(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (/authorization|authentication|permission/i.test(`${each.name} ${each.message}`)) return true
  return false
}
