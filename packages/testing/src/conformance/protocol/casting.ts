import { holds, rises, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Casts: volatile messages. */
export const casting: readonly ProtocolCase[] = [
  {
    name: 'a cast comes to the other sessions of a room, with sender and session, and not to its sender',
    rules: ['P-ST-9'],
    async run(hub) {
      const room = hub.room()
      const [sender, other] = [await hub.joined(room), await hub.joined(room)]
      sender.write(['cast', room, 'typing', { on: true }])
      const expected = ['cast', room, 'typing', { on: true }, sender.user, sender.sessionId]
      same(await other.next('cast'), expected, 'the cast')
      await sender.roundTrip()
      same(sender.all('cast'), [], 'the casts of the sender')
    },
  },
  {
    name: 'a cast carries its key',
    rules: ['P-ST-9'],
    async run(hub) {
      const room = hub.room()
      const [sender, other] = [await hub.joined(room), await hub.joined(room)]
      sender.write(['cast', room, 'cursor', [1, 2], { key: 'k' }])
      const expected = ['cast', room, 'cursor', [1, 2], sender.user, sender.sessionId, 'k']
      same(await other.next('cast'), expected, 'the cast')
    },
  },
  {
    name: 'a cast comes to the other sessions of its user',
    rules: ['P-ST-9'],
    async run(hub) {
      const [room, user] = [hub.room(), hub.user()]
      const [sender, tab] = [await hub.joined(room, user), await hub.joined(room, user)]
      sender.write(['cast', room, 'typing', 1])
      const expected = ['cast', room, 'typing', 1, user.id, sender.sessionId]
      same(await tab.next('cast'), expected, 'the cast')
    },
  },
  {
    name: 'a cast needs no join and is not stored',
    rules: ['P-ST-9'],
    async run(hub) {
      const room = hub.room()
      const other = await hub.joined(room)
      const sender = await hub.welcomed()
      sender.write(['cast', room, 'typing', 1])
      await other.next('cast')
      await hub.expectHistory(room, [])
      const late = await hub.joined(room)
      await late.roundTrip()
      same(late.all('cast'), [], 'the casts of a session that joined later')
    },
  },
  {
    name: 'of the casts with one key the newest comes last',
    rules: ['P-ST-9'],
    async run(hub) {
      const room = hub.room()
      const other = await hub.joined(room)
      const sender = await hub.welcomed()
      sender.write(...Array.from({ length: 20 }, (_, n) => ['cast', room, 'cursor', n, { key: 'k' }]))
      const numbers = (): number[] => other.all('cast').map(([, , , data]) => data as number)
      await other.until('the newest cast comes', () => numbers().includes(19) || undefined)
      rises(numbers(), 'the casts')
    },
  },
  ...['nowhere', '', '#', '@', '~', '#\u0000'].map((address) => ({
    name: `a cast to ${brief(address)} is dropped without an answer`,
    rules: ['P-AD-1', 'P-PB-10'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [other, sender] = [await hub.joined(room), await hub.welcomed()]
      sender.write(['cast', address, 'e', 1], ['cast', room, 'good', 1])
      same((await other.next('cast')).slice(1, 3), [room, 'good'], 'the first cast')
      await sender.roundTrip()
      same(sender.types(), ['welcome', 'pong'], 'the frames of the sender')
    },
  })),
  {
    name: 'a cast to everyone, a user or a session has no answer, whatever the policy says',
    rules: ['P-AD-2', 'P-PB-10'],
    async run(hub) {
      const room = hub.room()
      const [other, sender] = [await hub.joined(room), await hub.welcomed()]
      for (const address of ['*', `@${other.user}`, `~${other.sessionId}`])
        sender.write(['cast', address, 'e', 1])
      sender.write(['cast', room, 'good', 1])
      await other.until('the cast to the room comes', () => other.all('cast', room)[0])
      await sender.roundTrip()
      same(sender.types(), ['welcome', 'pong'], 'the frames of the sender')
    },
  },
  {
    name: 'casts above the rate are dropped without an answer',
    rules: ['P-LV-3'],
    async run(hub) {
      const room = hub.room()
      const [other, client] = [await hub.joined(room), await hub.welcomed()]
      const { burst, rate } = client.welcome.limits
      const started = hub.now()
      for (let n = 0; n < 4; n++)
        client.write(...Array.from({ length: burst }, (_, m) => ['cast', room, 'c', n * burst + m]))
      await client.roundTrip()
      const most = burst + 1 + ((hub.now() - started) * rate) / 1_000
      await other.until('the burst comes', () => other.all('cast').length >= burst || undefined)
      await other.roundTrip()
      const { length } = other.all('cast')
      holds(length <= most, `${length} casts came, of at most ${most}`)
      same(client.types(), ['welcome', 'pong'], 'the frames of the sender')
    },
  },
]
