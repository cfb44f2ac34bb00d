import type { ChatError } from '@chat/core'
import { type EverydayCase, equal, hears, reaches } from './everyday.ts'

/** Behaviour that users of a server see, in every runtime. */
export const everydayCases: readonly EverydayCase[] = [
  {
    name: 'a broadcast reaches everyone',
    async run(hub) {
      const all = await Promise.all(['alice', 'bob', 'carol'].map((name) => hub.enter(name)))
      const heard = all.map((client) => hears(client, 2))
      await all[0]?.call('broadcast', 'one')
      await all[0]?.call('broadcast', 'zwei, 日本 👩‍👩‍👧')
      for (const one of heard) equal(await one, ['one', 'zwei, 日本 👩‍👩‍👧'])
    },
  },
  {
    name: 'a room hears what is said in it, in order, and nobody else does',
    async run(hub) {
      const [alice, bob, carol] = [await hub.enter('alice'), await hub.enter('bob'), await hub.enter('carol')]
      const [hers, his] = [alice.join('#lobby'), bob.join('#lobby')]
      const elsewhere = carol.join('#other')
      await Promise.all([hers.ready, his.ready, elsewhere.ready])
      const heard = hears(his, 40)
      const strayed = hears(elsewhere, 1)
      for (let n = 0; n < 40; n++) void hers.send('say', n)
      equal(
        await heard,
        Array.from({ length: 40 }, (_, n) => n),
      )
      await elsewhere.send('say', 'own')
      equal(await strayed, ['own'])
    },
  },
  {
    name: 'a message to a person reaches all her devices, and nobody else',
    async run(hub) {
      const [desk, phone, bob] = [await hub.enter('alice'), await hub.enter('alice'), await hub.enter('bob')]
      const [first, second, others] = [hears(desk, 1), hears(phone, 1), hears(bob, 1)]
      await bob.to('@alice').send('say', 'psst')
      equal(await first, ['psst'])
      equal(await second, ['psst'])
      await bob.to('@bob').send('say', 'to myself')
      equal(await others, ['to myself'])
    },
  },
  {
    name: 'a token that is refused ends the client: `unauthorized`',
    async run(hub) {
      const error = (await reaches(hub.client('mallory', { token: 'forged' }), 'closed')) as ChatError
      equal(error.code, 'unauthorized')
    },
  },
  {
    name: 'parameters, query, cookies, origin and address of the request reach `authenticate` (SEC-26)',
    async run(hub) {
      const headers = { cookie: 'sid=a%20b', origin: 'https://app.example' }
      const client = await hub.enter('%C3%A4%2Fb?color=red', { token: 'alice', headers })
      const { remoteAddress, ...met } = (await client.call('met', null)) as Record<string, unknown>
      equal(met, { user: 'ä/b', color: 'red', sid: 'a b', origin: 'https://app.example', context: 'GET' })
      equal(typeof remoteAddress, 'string')
    },
  },
  {
    name: 'a page of another origin is refused with 403, a path that is not encoded correctly with 400 (SEC-01)',
    async run(hub) {
      const origin = 'https://app.example.evil.com'
      equal(await hub.upgrade(hub.path('alice'), { origin }), { status: 403, protocol: '' })
      equal(await hub.upgrade(hub.path('%C3')), { status: 400, protocol: '' })
    },
  },
  {
    name: 'of the subprotocols that are offered the hub’s own is agreed on (P-FR-8)',
    async run(hub) {
      equal(await hub.upgrade(hub.path('alice')), { status: 101, protocol: 'chat.v1.json' })
    },
  },
  {
    name: 'other paths are the application’s, WebSockets or not',
    async run(hub) {
      equal(await (await hub.fetch('/')).text(), 'page')
      equal((await hub.upgrade('/elsewhere')).status, 200)
    },
  },
  {
    name: 'a connection that is reset is resumed, and nothing is lost (F1)',
    async run(hub) {
      const proxy = await hub.proxy()
      const bob = await hub.enter('bob')
      const alice = await hub.enter('alice', { port: proxy.port })
      const [room, his] = [alice.join('#lobby'), bob.join('#lobby')]
      await Promise.all([room.ready, his.ready])
      const heard = hears(room, 20)
      for (let n = 0; n < 20; n++) {
        if (n === 10) proxy.reset()
        await his.send('say', n)
      }
      equal(
        await heard,
        Array.from({ length: 20 }, (_, n) => n),
      )
    },
  },
  {
    name: 'who is kicked is told so, and does not come back: 4513',
    async run(hub) {
      const [alice, bob] = [await hub.enter('alice'), await hub.enter('bob')]
      const ended = reaches(bob, 'closed') as Promise<ChatError>
      await alice.call('kick', { who: '@bob' })
      equal((await ended).code, 'forbidden')
    },
  },
  {
    name: 'a client that breaks the protocol is closed with 4502, one that sends too much with 4514 or 1009 (SEC-03, SEC-04)',
    async run(hub) {
      const broken = await hub.socket('alice')
      broken.send('no frame')
      equal(await codeOf(broken), 4502)
      const large = await hub.socket('alice')
      large.send(`["cast","#a","say","${'x'.repeat(300_000)}"]`)
      const code = await codeOf(large)
      equal([4514, 1009, 1006].includes(code), true)
    },
  },
  {
    name: 'a slow reader costs bounded memory, the others get everything, and it gets the rest when it reads on (SEC-07)',
    backpressure: true,
    async run(hub) {
      const [alice, bob] = [await hub.enter('alice'), await hub.enter('bob')]
      const slow = await hub.socket('slow')
      const room = bob.join('#busy')
      await room.ready
      let heard = 0
      const all = new Promise<void>((resolve) => room.on('noise', () => ++heard === 400 && resolve()))
      slow.pause()
      await alice.call('flood', { address: '#busy', count: 400, bytes: 30_000 }, { timeout: 30_000 })
      await all
      const waiting = Number(await alice.call('waiting', null))
      // The bound is the queue limit, and the batch that exceeded it.
      equal(waiting > 0 && waiting < 1_048_576 + 65_536, true)
      const caughtUp = new Promise((resolve) =>
        slow.on('message', (data) => String(data).includes('"399 xx') && resolve(true)),
      )
      slow.resume()
      await caughtUp
    },
  },
  {
    name: 'a hub that closes lets its clients go in order, and refuses new ones with 503 (N-01)',
    async run(hub) {
      const alice = await hub.enter('alice')
      const socket = await hub.socket('bob')
      const left = reaches(alice, 'reconnecting')
      const code = codeOf(socket)
      await alice.call('shutdown', { deadline: 300 })
      equal(await code, 4001)
      await left
      equal((await hub.upgrade(hub.path('carol'))).status, 503)
    },
  },
]

function codeOf(socket: {
  once(event: 'close', listener: (code: number) => void): unknown
}): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}
