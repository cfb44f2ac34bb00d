import { describe, expect, test } from 'vitest'
import { play, type Stage } from '../../support/fake-hub.ts'

async function reconnect(stage: Stage): Promise<void> {
  await stage.settle()
  stage.hub.at().cut()
  await stage.advance(3_000)
}

describe('history', () => {
  test('is a page of messages, oldest first (P-ST-6)', () =>
    play(async (stage) => {
      stage.hub.script['read'] = (connection, [, ref]) =>
        connection.write([
          'ok',
          ref,
          {
            epoch: 'e1',
            base: 2,
            top: 9,
            more: true,
            messages: [
              ['msg', '#a', 3, 'say', 'x', 'bob', 's1.4', 5, 2],
              ['msg', '#a', 7, 'say', 'y', null, 'n.1', 6, 3, { of: 's1.4' }],
            ],
          },
        ])
      const client = await stage.connected()
      const page = stage.watch(client.join('#a').history({ before: 8, limit: 2 }))
      await stage.settle()
      expect(stage.hub.at().of('read')).toEqual([['read', expect.any(Number), '#a', { before: 8, limit: 2 }]])
      const message = { event: 'say', address: '#a', durable: true }
      expect(page.value).toEqual({
        epoch: 'e1',
        base: 2,
        top: 9,
        more: true,
        messages: [
          {
            ...message,
            position: ['e1', 3, 's1.4'],
            data: 'x',
            from: 'bob',
            id: 's1.4',
            session: 's1',
            time: 5,
            meta: null,
          },
          {
            ...message,
            position: ['e1', 7, 'n.1'],
            data: 'y',
            from: null,
            id: 'n.1',
            session: null,
            time: 6,
            meta: { of: 's1.4' },
          },
        ],
      })
    }))

  test('is asked for again after a reconnect: reading does no harm', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.watch(client.history('#a'))
      await stage.settle()
      await reconnect(stage)
      expect(stage.hub.at().of('read')).toEqual([['read', 1, '#a', {}]])
    }))
})
