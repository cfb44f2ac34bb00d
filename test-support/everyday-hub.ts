import { Hub, type User } from '@chat/core'

/** A user, with the data that the handshake had for the hub. */
interface Guest extends User {
  readonly met: unknown
}

/**
 * Returns a hub for tests of a server in another process. The token is the user's id, every action is
 * allowed, and the calls make the hub act.
 */
export function everydayHub(bufferedOf: (extra: unknown) => number): Hub {
  const extras: unknown[] = []
  const hub = new Hub<CallsOnly, Guest>({
    authenticate({ token, params, query, cookies, origin, remoteAddress, extra }) {
      extras.push(extra)
      const { context } = extra as { context?: unknown }
      const met = {
        user: params['user'],
        color: query['color'],
        sid: cookies['sid'],
        origin,
        remoteAddress,
        context,
      }
      return token === null || token === 'forged' ? null : { id: token, met }
    },
    authorize: () => true,
  })
  hub.handle('met', (_, { user }) => user.met)
  hub.handle('broadcast', async (data) => void (await hub.broadcast('say', data)))
  hub.handle('flood', async ({ address, count, bytes }) => {
    for (let n = 0; n < count; n++) await hub.to(address).send('noise', `${n} ${'x'.repeat(bytes)}`)
  })
  hub.handle('waiting', () => Math.max(...extras.map(bufferedOf)))
  hub.handle('kick', async ({ who }) => hub.kick(who))
  hub.handle('shutdown', ({ deadline }) => void hub.close({ deadline }))
  return hub as unknown as Hub
}

/** Calls, with the parts of their inputs that the hub reads. */
interface CallsOnly {
  events: Record<string, unknown>
  calls: {
    met: { input: unknown; output: unknown }
    broadcast: { input: unknown; output: unknown }
    flood: { input: { address: string; count: number; bytes: number }; output: unknown }
    waiting: { input: unknown; output: number }
    kick: { input: { who: string }; output: unknown }
    shutdown: { input: { deadline: number }; output: unknown }
  }
}
