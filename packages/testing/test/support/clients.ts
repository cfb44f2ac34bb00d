import type { Client, Hub, Untyped } from '@chat/core'
import type { World } from '@chat/testing'

/** Everyone is let in under the name in the token, and may do everything. */
export const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** The numbers from 0 up to, and without, a count. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** People who are connected to one of some hubs each time, and have joined a room. */
export async function people(
  w: World,
  hubs: readonly Hub[],
  names: readonly string[],
  room = '#lobby',
): Promise<Client<Untyped>[]> {
  const clients: Client<Untyped>[] = []
  for (const [i, name] of names.entries()) {
    // Each begins at another of them.
    const client = await w.client([...hubs.slice(i % hubs.length), ...hubs.slice(0, i % hubs.length)], name)
    await client.join(room).ready
    clients.push(client)
  }
  return clients
}

/** What becomes of sends, in their order; a promise that nobody waits for is no unhandled rejection. */
export function outcomes(sends: readonly Promise<unknown>[]): string[] {
  const ended: string[] = sends.map(() => 'open')
  for (const [i, send] of sends.entries())
    send.then(
      () => (ended[i] = 'stored'),
      (error: { code: string }) => (ended[i] = error.code),
    )
  return ended
}
