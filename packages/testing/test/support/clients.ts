import type { Client, Hub, RoomAddress, Untyped } from '@chat/core'
import type { World } from '@chat/testing'

/** Options of a hub that takes the user from the token, and allows every action. */
export const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** The numbers from 0 up to, and without, a count. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Connects clients, each to several hubs in turn, and joins a room. */
export async function people(
  w: World,
  hubs: readonly Hub[],
  names: readonly string[],
  room: RoomAddress = '#lobby',
): Promise<Client<Untyped>[]> {
  const clients: Client<Untyped>[] = []
  for (const [i, name] of names.entries()) {
    // Each client begins at a different hub.
    const client = await w.client([...hubs.slice(i % hubs.length), ...hubs.slice(0, i % hubs.length)], name)
    await client.join(room).ready
    clients.push(client)
  }
  return clients
}

/** Returns the outcomes of sends, in their order, and handles their rejections. */
export function outcomes(sends: readonly Promise<unknown>[]): string[] {
  const ended: string[] = sends.map(() => 'open')
  for (const [i, send] of sends.entries())
    send.then(
      () => (ended[i] = 'stored'),
      (error: { code: string }) => (ended[i] = error.code),
    )
  return ended
}
