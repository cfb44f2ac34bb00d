import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { paths, stage } from '../../support/stage.ts'

describe.each(paths)('the sender’s own messages, with a backplane that is %s', (path) => {
  test('P-ST-9: a durable message comes back through the stream, with the id that the answer named', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const sent = await alice.request('send', '#a', 'say', 'hi')
    expect(alice.frames('msg')).toEqual([
      ['msg', '#a', 1, 'say', 'hi', 'alice', `${alice.id}.2`, expect.any(Number)],
    ])
    expect(sent).toMatchObject({ result: { at: 1, id: `${alice.id}.2` } })
  })

  test('P-ST-9: a sender that has not joined gets no copy', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('send', '#a', 'say', 'hi')
    expect(alice.frames('msg')).toEqual([])
  })

  test('P-ST-9: a cast goes to every session except its sender', async () => {
    const s = stage({ path })
    const [alice, phone, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    for (const client of [alice, phone, bob]) await client.request('join', '#a')
    await alice.say(['cast', '#a', 'typing', true], ['cast', '@alice', 'sync', 1], ['cast', '*', 'wave', 2])
    expect(alice.frames('cast')).toEqual([])
    const got = (client: RawClient) => client.frames('cast').map((frame) => frame[1])
    expect(got(phone).toSorted()).toEqual(['#a', '*', '@alice'])
    expect(got(bob).toSorted()).toEqual(['#a', '*'])
  })

  test('P-ST-9: a cast does not come back after a resume either', async () => {
    const s = stage({ path, wrap: (backplane) => backplane })
    const alice = await s.client('alice', { streams: { '#a': null } })
    const again = await s.open()
    again.write([
      'hello',
      { v: [1, 1], token: 'alice', session: { ...alice.welcome.session, n: 1 }, streams: { '#a': null } },
    ])
    alice.write(['cast', '#a', 'typing', true])
    await s.settle()
    expect(again.frames('cast')).toEqual([])
  })

  test('P-ST-9: a cast to a session reaches that session only, with sender and key', async () => {
    const s = stage({ path })
    const [alice, bob, other] = [await s.client('alice'), await s.client('bob'), await s.client('bob')]
    await alice.say(
      ['cast', `~${bob.id}`, 'wave', { n: 1 }, { key: 'k' }],
      ['cast', `~${alice.id}`, 'wave', 2],
    )
    expect(bob.frames('cast')).toEqual([['cast', `~${bob.id}`, 'wave', { n: 1 }, 'alice', alice.id, 'k']])
    expect([other.frames('cast'), alice.frames('cast')]).toEqual([[], []])
  })

  test('P-AD-3: the hub’s own messages and casts have no sender', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await s.publish('@alice', 1)
    s.hub.to(`~${alice.id}`).cast('wave', 2)
    await s.settle()
    s.hub.to('*').cast('wave', 3, { key: 'k' })
    await s.settle()
    expect(alice.frames('msg')[0]?.[5]).toBeNull()
    expect(alice.frames('cast')).toEqual([
      ['cast', `~${alice.id}`, 'wave', 2, null],
      ['cast', '*', 'wave', 3, null, null, 'k'],
    ])
  })
})
