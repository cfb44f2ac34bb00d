import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, outcomes } from '../support/clients.ts'

test('P-HS-8: an account switch on reconnect: no send, message or session of the old user continues as the new user', () =>
  world({}, async (w) => {
    const hub = w.hub(open)
    const said: unknown[] = []
    hub.on('say', (data: unknown, { user }: { user: { id: string } }) => said.push([user.id, data]))
    let token = 'alice'
    const client = await w.client(hub, () => token)
    const errors: unknown[] = []
    const left: unknown[] = []
    client.on('$error', ({ error }) => errors.push((error as { code: string }).code))
    const diary = client.join('#diary-of-alice')
    diary.on('$leave', ({ error }) => left.push(error.code))
    await diary.ready
    await diary.send('say', 'dear diary')
    await hub.to('@alice').send('dm', 'for alice')
    await w.settle()
    const session = client.session

    w.link(client).cut()
    await w.advance(1)
    token = 'mallory'
    const queued = outcomes([
      diary.send('say', 'written while offline'),
      client.to('@bob').send('say', 'me too'),
    ])
    w.link(client).restore()
    await w.advance('30s')

    expect(client.user).toBe('mallory')
    expect(client.session).not.toBe(session)
    expect(queued).toEqual(['unauthorized', 'unauthorized'])
    expect(left).toEqual(['unauthorized'])
    expect(errors).toContain('unauthorized')
    expect(said).toEqual([['alice', 'dear diary']])
    expect(Object.keys(client.positions).toSorted()).toEqual(['*', '@mallory'])
    await hub.to('#diary-of-alice').send('say', 'secret')
    await hub.to('@alice').send('dm', 'also for alice')
    await w.advance('1s')
    expect(w.seen(client, '#diary-of-alice').map(({ data }) => data)).toEqual(['dear diary'])
    expect(w.seen(client, '@alice').map(({ data }) => data)).toEqual(['for alice'])
  }))
