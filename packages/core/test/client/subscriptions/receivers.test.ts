import type { Delivery } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'

describe('receivers of a message', () => {
  test('a room hears its own, the client `*`, its user and its session, and never rooms', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const heard: string[] = []
      client.on('say', (_, { address }) => heard.push(`client ${address}`))
      for (const name of ['#a', '#b'] as const)
        client.join(name).on('say', (_, { address }) => heard.push(`room ${address}`))
      await stage.settle()
      const cast = (address: string): readonly ['cast', ...unknown[]] => [
        'cast',
        address,
        'say',
        1,
        'bob',
        's2',
      ]
      stage.hub
        .at()
        .write(msg('*', 1), msg('@alice', 1), msg('#a', 1), msg('#b', 1), msg('#c', 1), msg('@bob', 1))
      stage.hub.at().write(cast('*'), cast('@alice'), cast('~session1'), cast('#a'), cast('#c'), cast('@bob'))
      await stage.settle()
      expect(heard).toEqual([
        'client *',
        'client @alice',
        'room #a',
        'room #b',
        'client *',
        'client @alice',
        'client ~session1',
        'room #a',
      ])
    }))

  test('a listener gets the fields of a message, besides its data', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const told: Delivery[] = []
      client.on('say', (_, message) => told.push(message))
      await stage.settle()
      stage.hub
        .at()
        .write(
          msg('*', 1, { id: 's7.12', data: 'x', time: 7, meta: { of: 's7.3' } }),
          msg('*', 2, { id: 'node.3', from: null }),
          ['cast', '*', 'say', 'y', 'bob', 's7', null, { tone: 'loud' }],
          ['cast', '*', 'say', 'z', null],
        )
      await stage.settle()
      expect(told).toEqual([
        {
          address: '*',
          event: 'say',
          data: 'x',
          from: 'bob',
          position: ['e1', 1, 's7.12'],
          id: 's7.12',
          session: 's7',
          time: 7,
          meta: { of: 's7.3' },
          durable: true,
        },
        {
          address: '*',
          event: 'say',
          data: 2,
          from: null,
          position: ['e1', 2, 'node.3'],
          id: 'node.3',
          session: null,
          time: 2,
          meta: null,
          durable: true,
        },
        {
          address: '*',
          event: 'say',
          data: 'y',
          from: 'bob',
          id: null,
          position: null,
          session: 's7',
          time: null,
          meta: { tone: 'loud' },
          durable: false,
        },
        {
          address: '*',
          event: 'say',
          data: 'z',
          from: null,
          id: null,
          position: null,
          session: null,
          time: null,
          meta: null,
          durable: false,
        },
      ])
    }))

  test('observe gets every message and gap before its listeners, and its errors are reported', () =>
    play(async (stage) => {
      const order: unknown[] = []
      const client = await stage.connected({
        observe: (what) => {
          if (what.type === 'status') return
          order.push(['observe', what.type === 'message' ? what.data : what.type])
          throw new Error('observer')
        },
      })
      client.join('#a').on('say', (data) => order.push(['room', data]))
      client.on('say', (data) => order.push(['client', data]))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('*', 1), ['gap', '*', 'epoch', ['e2', 0, null]])
      await stage.settle()
      expect(order).toEqual([
        ['observe', 1],
        ['room', 1],
        ['observe', 1],
        ['client', 1],
        ['observe', 'gap'],
      ])
      expect(client.said.errors.map(({ subject }) => subject)).toEqual(['observe', 'observe', 'observe'])
      expect(client.status).toBe('connected')
    }))
})
