import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../support/stage.ts'

describe.each(paths)('listeners on the hub, with a backplane that is %s', (path) => {
  test('every listener gets a message after the log has accepted it, with its sender and address', async () => {
    const s = stage({ path })
    const told: [unknown, object][] = []
    for (let i = 0; i < 2; i++)
      s.hub.on('say', (data, { event, address, from, position, id, durable }) => {
        told.push([data, { event, address, from, position, id, durable }])
      })
    const alice = await s.client('alice')
    await alice.request('send', '#a', 'say', 'hi')
    await alice.say(['cast', '#a', 'say', 'psst'])
    const id = `${alice.id}.1`
    const position = [expect.any(String), 1, id]
    const sent = { event: 'say', address: '#a', from: 'alice', position, id, durable: true }
    const cast = { event: 'say', address: '#a', from: 'alice', position: null, id: null, durable: false }
    expect(told).toEqual([
      ['hi', sent],
      ['hi', sent],
      ['psst', cast],
      ['psst', cast],
    ])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('broken')
      },
    ],
  ] as const)(
    'U-14: a listener that %s stops no other listener, and its error is whole in $error',
    async (_, broken) => {
      const s = stage({ path })
      const told: unknown[] = []
      s.hub.on('say', broken)
      s.hub.on('say', (data) => told.push(data))
      const alice = await s.client('alice')
      expect(outcome(await alice.request('send', '#a', 'say', 'hi'))).toBe('ok')
      expect(told).toEqual(['hi'])
      expect(s.errors).toMatchObject([{ error: new Error('broken'), source: 'handler', subject: 'say' }])
      expect(alice.code).toBeNull()
    },
  )

  test.each(['$connect', '$join', '$leave', '$disconnect'] as const)(
    'U-14: a listener of %s that throws does no harm',
    async (event) => {
      const s = stage({ path })
      s.hub.on(event, () => {
        throw new Error('broken')
      })
      const alice = await s.client('alice')
      expect(outcome(await alice.request('join', '#a'))).toBe('ok')
      expect(outcome(await alice.request('leave', '#a'))).toBe('ok')
      await s.drop(alice)
      expect(s.errors).toMatchObject([{ source: 'listener', subject: event }])
      expect(s.hub.sessions).toEqual([])
    },
  )

  test('U-14: an error of a listener of $error is dropped', async () => {
    const s = stage({ path })
    s.hub.on('$error', () => {
      throw new Error('broken too')
    })
    s.hub.handle('fail', () => {
      throw new Error('broken')
    })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('call', 'fail', null))).toBe('internal')
    expect(s.faults).toEqual(['Error: broken'])
  })

  test('U-14: a listener may remove itself, and publish, while it runs', async () => {
    const s = stage({ path })
    const told: unknown[] = []
    const undo = s.hub.on('say', (data) => {
      told.push(data)
      undo()
      void s.hub.to('#a').send('say', 'from the hub')
    })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.request('send', '#a', 'say', 'first')
    await alice.request('send', '#a', 'say', 'second')
    await s.settle()
    expect(told).toEqual(['first'])
    expect(
      alice
        .messages('#a')
        .map(([, data]) => data)
        .toSorted(),
    ).toEqual(['first', 'from the hub', 'second'])
  })

  test('$connect and $disconnect are emitted once each', async () => {
    const s = stage({ path })
    const told: string[] = []
    s.hub.on('$connect', ({ session, resumed }) => told.push(`connect ${session.user.id} ${resumed}`))
    s.hub.on('$disconnect', ({ session, code }) => told.push(`disconnect ${session.user.id} ${code}`))
    const alice = await s.client('alice')
    const again = await s.resume(alice)
    again.connection.close(1000, 'bye')
    await s.settle()
    expect(told).toEqual([
      'connect alice false',
      'disconnect alice 4509',
      'connect alice true',
      'disconnect alice 1000',
    ])
  })

  test('an event named error is an event like any other', async () => {
    const s = stage({ path })
    const told: unknown[] = []
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'error', 1))).toBe('ok')
    s.hub.on('error', (data) => told.push(data))
    await alice.request('send', '#a', 'error', 2)
    expect(told).toEqual([2])
    expect(s.errors).toEqual([])
  })
})
