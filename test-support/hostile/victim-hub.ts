import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Hub, type HubOptions, type User } from '@chat/core'
import type { RequestOptions } from '@chat/core/transport'
import type { Gauge } from './gauge.ts'
import type { VictimOptions } from './messages.ts'

/** Room whose policy refuses all. */
const locked = '#locked'
/** Begin of the rooms for which a slow application asks its database. */
const slowRooms = '#slow'
/** Time in which the database of a slow application answers, in milliseconds. */
const answerOfDatabase = 250

/** Makes the hub of the program, with an application that counts its calls and writes a log. */
export function victimHub(
  options: Omit<VictimOptions, 'log'> & Pick<HubOptions, 'backplane'>,
  gauge: Gauge,
): Hub {
  const { application = 'sound', presence = false, ...given } = options
  const hub = new Hub({
    ...given,
    ...(presence ? { presence: { rooms: roomsOf(application) } } : {}),
    authenticate: ({ token }) => {
      gauge.authentications++
      return token === null ? null : userOf(token, application)
    },
    authorize: ({ address }) => {
      gauge.policies++
      if (application === 'slow' && address.startsWith(slowRooms))
        return pause(answerOfDatabase, address !== locked)
      return address !== locked
    },
  } as HubOptions)
  hub.handle('echo', (value: unknown) => value)
  hub.handle('wait', () => pause(60_000, null, { ref: false }))
  hub.on('$error', ({ error, source, subject }) => {
    gauge.errors++
    gauge.log('error', source, subject, error)
  })
  hub.on('$disconnect', ({ session, code, reason }) => gauge.log('gone', session.id, code, reason))
  return hub
}

/** Returns options of the transports, with callbacks that count, or that reject. */
export function victimTransport(
  { application }: VictimOptions,
  gauge: Gauge,
): RequestOptions<IncomingMessage> {
  if (application !== 'rejects') return { onRefused: ({ status }) => gauge.log('refused', status) }
  return {
    context: ({ headers }) => (headers['x-broken'] === undefined ? null : rejects()),
    onRefused: rejects,
    origins: rejects as unknown as () => boolean,
  }
}

function roomsOf(application: string): (address: string) => boolean {
  const rooms = (address: string): unknown =>
    application === 'rejects' && address === '#broken' ? rejects() : true
  return rooms as (address: string) => boolean
}

/** Rejects: an application whose database is down. */
async function rejects(): Promise<never> {
  await Promise.resolve()
  throw new Error('the database is down')
}

function userOf(token: string, application: string): User | Promise<User> {
  if (application === 'guests') return { id: token, anonymous: true }
  if (application !== 'rejects' || !token.startsWith('broken')) return { id: token }
  return Promise.resolve(
    Object.defineProperty({}, 'id', {
      get: () => {
        throw new Error('the user is broken')
      },
    }) as User,
  )
}
