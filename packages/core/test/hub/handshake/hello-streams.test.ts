import { describe, expect, test } from 'vitest'
import { outcome, paths, position, stage } from '../../support/stage.ts'

describe.each(paths)('the streams of a hello, with a backplane that is %s', (path) => {
  test('P-HS-7: every stream is authorised again, also when the session is resumed', async () => {
    let allowed = true
    const s = stage({ path, authorize: () => allowed })
    const alice = await s.client('alice', { streams: { '#a': null } })
    expect(alice.welcome.streams['#a']).toMatchObject({ mode: 'live' })
    allowed = false
    const again = await s.resume(alice, { streams: { '#a': null } })
    expect(again.welcome.resumed).toBe(true)
    expect(again.welcome.streams['#a']).toMatchObject({ mode: 'refused', code: 'forbidden' })
    await s.publish('#a', 'secret')
    expect(again.frames('msg')).toEqual([])
  })

  test('P-HS-7: each stream has an entry, and a malformed stream affects no other stream', async () => {
    const s = stage({ path, authorize: ({ address }) => address !== '#private' })
    const alice = await s.client('alice', {
      streams: {
        '#fine': null,
        '#private': null,
        '#malformed': ['e', -1, 'x'],
        '#number': 5,
        nowhere: null,
        '#line\nbreak': null,
        '@bob': null,
        '~session': null,
      },
    })
    const { '*': _, '@alice': __, ...streams } = alice.welcome.streams
    expect(Object.keys(streams)).toHaveLength(8)
    expect(streams).toMatchObject({
      '#fine': { mode: 'live' },
      '#private': { mode: 'refused', code: 'forbidden' },
      '#malformed': { mode: 'refused', code: 'bad_request' },
      '#number': { mode: 'refused', code: 'bad_request' },
      nowhere: { mode: 'refused', code: 'bad_request' },
      '#line\nbreak': { mode: 'refused', code: 'bad_request' },
      '@bob': { mode: 'refused', code: 'forbidden' },
      '~session': { mode: 'refused', code: 'forbidden' },
    })
  })

  test('P-HS-7: a connection is joined to everyone, the own inbox and the accepted rooms only', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#before')
    const again = await s.resume(alice, { streams: { '#a': null } })
    expect(Object.keys(again.welcome.streams).toSorted()).toEqual(['#a', '*', '@alice'])
    for (const address of ['*', '@alice', '#a', '#before', '@bob']) await s.publish(address, address)
    expect(again.frames('msg').map((frame) => frame[1])).toEqual(['*', '@alice', '#a'])
  })

  test('P-HS-7: the positions of everyone and of the own inbox count like those of rooms', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const { '*': everyone, '@alice': inbox } = alice.welcome.streams
    await s.publish('*', 1, 2)
    await s.publish('@alice', 3)
    const again = await s.resume(alice, {
      streams: { '*': position(everyone ?? {}), '@alice': position(inbox ?? {}) },
    })
    expect(again.welcome.streams['*']).toMatchObject({ mode: 'replay', at: 0, top: 2 })
    expect(again.messages('*').map(([, data]) => data)).toEqual([1, 2])
    expect(again.messages('@alice').map(([, data]) => data)).toEqual([3])
  })

  test('P-HS-2: a stream that did not fit in the hello is joined afterwards, also everyone and the own inbox', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const { '*': everyone } = alice.welcome.streams
    await s.publish('*', 1)
    const again = await s.resume(alice)
    expect(again.welcome.streams['*']).toMatchObject({ mode: 'live', at: 1 })
    const joined = await again.request('join', '*', { since: position(everyone ?? {}) })
    expect(joined).toMatchObject({ ok: true, result: { mode: 'replay', at: 0, top: 1 } })
    expect(again.messages('*')).toEqual([[1, 1]])
  })

  test('P-LV-3: rooms beyond the limit are refused as too_large', async () => {
    const s = stage({ path, limits: { rooms: 2 } })
    const alice = await s.client('alice', { streams: { '#a': null, '#b': null, '#c': null } })
    const modes = ['#a', '#b', '#c'].map((address) => alice.welcome.streams[address]?.mode)
    expect(modes.toSorted()).toEqual(['live', 'live', 'refused'])
    expect(Object.values(alice.welcome.streams).filter(({ code }) => code === 'too_large')).toHaveLength(1)
    expect(outcome(await alice.request('join', '#d'))).toBe('too_large')
  })

  test('P-HS-7: a policy that fails refuses its stream as internal, and tells the application', async () => {
    const s = stage({
      path,
      authorize: ({ address }) => {
        if (address === '#broken') throw new Error('no database')
        return true
      },
    })
    const alice = await s.client('alice', { streams: { '#broken': null, '#fine': null } })
    expect(alice.welcome.streams['#broken']).toMatchObject({ mode: 'refused', code: 'internal' })
    expect(alice.welcome.streams['#fine']).toMatchObject({ mode: 'live' })
    expect(s.faults.join()).toContain('no database')
  })

  test('U-03: a room named like a property of every object is a room like any other', async () => {
    const s = stage({ path })
    const alice = await s.open()
    await alice.say(
      '["hello",{"v":[1,1],"token":"alice","streams":{"__proto__":null,"#__proto__":null,"constructor":null}}]',
    )
    const text = alice.transmissions[0] ?? ''
    expect(text).toContain('"__proto__":{"mode":"refused","code":"bad_request",')
    expect(text).toContain('"constructor":{"mode":"refused","code":"bad_request",')
    expect([...s.hub.rooms.keys()]).toEqual(['#__proto__'])
  })
})
