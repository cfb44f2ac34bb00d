import { UsageError } from '@chat/core'
import { type ApiError, apiCodes, describeError, type JetStream } from '../jetstream/jetstream.ts'
import { type CheckedOptions, starting } from '../options.ts'
import type { Link } from './link.ts'
import { reasonOf, unavailable } from './unavailable.ts'

const oldest = [2, 9, 0] as const
/** Below this version, several messages with the same expected sequence may be stored in a cluster. */
const oldestWithReplicas = [2, 9, 21] as const

/**
 * Refuses a server that cannot keep the promises.
 *
 * @throws UsageError with the remedy.
 */
export function checkVersion({ version }: { readonly version: string }, options: CheckedOptions): void {
  const { replicas, allowUnsafeReplicas } = options
  if (isBelow(version, oldest))
    throw new UsageError(
      `unable to ${starting}: the server has the version ${version}, and at least ${oldest.join('.')} is needed; update nats-server`,
    )
  if (replicas > 1 && isBelow(version, oldestWithReplicas) && !allowUnsafeReplicas)
    throw new UsageError(
      `unable to ${starting}: the server has the version ${version}, which may store two messages at one place when 'replicas' is ${replicas}; update all servers to ${oldestWithReplicas.join('.')} or newer (best 2.10.19 or newer), or set 'replicas' to 1`,
    )
}

function isBelow(version: string, wanted: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number)
  for (const [index, part] of wanted.entries()) {
    const own = parts[index] ?? 0
    if (own !== part) return own < part
  }
  return false
}

/**
 * Refuses a server without JetStream.
 *
 * @throws UsageError when JetStream is off.
 * @throws ChatError with the code `unavailable` when it does not answer now, as during an election.
 */
export async function checkJetStream(jetstream: JetStream, link: Link): Promise<void> {
  const off = new UsageError(
    `unable to ${starting}: the server has no JetStream; start it with \`nats-server -js\`, or enable JetStream for the account`,
  )
  const answer = await jetstream.call<{ error?: ApiError }>('INFO').catch((error: unknown) => {
    // A server that has JetStream does not answer while the cluster has no leader.
    if (link.connected && !link.hasJetStream && reasonOf(error).includes('no service answers')) throw off
    throw error
  })
  const code = answer.error?.err_code
  if (code === apiCodes.notEnabled || code === apiCodes.notEnabledForAccount) throw off
  if (answer.error !== undefined) throw unavailable(starting, describeError(answer.error))
}
