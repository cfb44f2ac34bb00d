import type { Backplane } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { altered, stage } from '../../support/stage.ts'

function listened() {
  const published: (readonly [channel: string, text: string])[] = []
  const wrap = (backplane: Backplane): Backplane =>
    altered(backplane, {
      publish: (channel, text) => {
        published.push([channel, text])
        return backplane.publish(channel, text)
      },
    })
  return { published, s: stage({ wrap }) }
}

describe('the notice of a takeover', () => {
  test('P-HS-5: goes to the node that held the session, and to no other', async () => {
    const { published, s } = listened()
    const second = s.another()
    const alice = await s.client('alice')
    const resumed = await s.resume(alice, { to: 2 })
    expect(published).toEqual([[`~${s.hub.node}`, JSON.stringify({ takeover: alice.id, generation: 2 })]])
    expect(alice.code).toBe(4509)
    expect(second.sessions.map(({ id }) => id)).toEqual([resumed.id])
  })

  test('P-HS-5: is not needed when the session stays on its node', async () => {
    const { published, s } = listened()
    const alice = await s.client('alice')
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
    expect(alice.code).toBe(4509)
    expect(published).toEqual([])
  })

  test('P-HS-5: goes to every node when the last node may never have learned of the session', async () => {
    const { published, s } = listened()
    s.another()
    s.another()
    const alice = await s.client('alice')
    const lost = await s.resume(alice, { to: 2, n: 1 })
    const again = await s.resume(alice, { to: 3, n: 2 })
    expect(again.welcome.resumed).toBe(true)
    expect(published.map(([channel]) => channel)).toEqual([`~${s.hub.node}`, '~'])
    expect([alice.code, lost.code, again.code]).toEqual([4509, 4509, null])
  })
})

describe('a text on the channels between nodes', () => {
  test.each([
    '',
    'null',
    '{',
    '{}',
    '{"takeover":1,"generation":2}',
    '{"takeover":"ID","generation":"2"}',
    '{"takeover":"ID"}',
    '{"revoke":"@alice","by":"n"}',
    '{"revoke":"@alice","by":"n","revoked":{"kind":"all"}}',
    '{"revoke":"alice","by":"n","revoked":{"kind":"session","reason":"x"}}',
    '{"revoke":"@alice","by":"n","revoked":{"kind":"session"}}',
    '{"revoke":"@alice","by":"n","revoked":{"kind":"room","room":"#a","reason":{"code":"closed","message":"x"}}}',
    '["cast","~ID","say",1,null]',
    '~ID\n\n\n["msg","#a",1]',
  ])('that is malformed is reported, and has no effect: %j', async (text) => {
    const { s } = listened()
    const alice = await s.client('alice', { streams: { '#a': null } })
    s.store.publish('~', text.replace('ID', alice.id))
    s.store.publish(`~${s.hub.node}`, text.replace('ID', alice.id))
    s.store.publish('#a', text)
    await s.settle()
    expect(s.errors.map(({ source }) => source)).toEqual(['backplane', 'backplane', 'backplane'])
    expect(alice.frames().slice(1)).toEqual([])
    expect(alice.code).toBeNull()
  })

  test('a cast of another address on the channel of a room is not delivered', async () => {
    const { s } = listened()
    const alice = await s.client('alice', { streams: { '#a': null } })
    s.store.publish('#a', '#b\n\n\n["cast","#b","say",1,null]')
    await s.settle()
    expect(alice.frames('cast')).toEqual([])
  })
})
