import { describe, expect, test } from 'vitest'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { paths, stage } from '../../support/stage.ts'

describe.each(paths)('transmissions of a client, with a backplane that is %s', (path) => {
  test('P-FR-1: the frames of one transmission run one after the other', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'], ['send', 2, '#a', 'say', 'one'], ['send', 3, '#a', 'say', 'two'])
    expect(alice.answered()).toEqual([1, 2, 3])
    expect(alice.messages('#a')).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })

  test('P-FR-5: the frames before a malformed frame keep their effect; that frame and later frames have none', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.say(['send', 1, '#a', 'say', 'before'], '["send",2,"#a","say"]', [
      'send',
      3,
      '#a',
      'say',
      'behind',
    ])
    expect(alice.code).toBe(4502)
    expect(bob.messages('#a')).toEqual([[1, 'before']])
  })

  test('P-FR-5: a malformed frame is reported in $error with the source protocol', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say('{"no":"array"}')
    expect(s.errors).toMatchObject([{ source: 'protocol', session: alice.id }])
  })

  test('P-FR-3: unknown elements and keys are ignored', async () => {
    const s = stage({ path })
    const alice = await s.client('alice', { later: { a: 1 }, features: ['x'], client: 'raw/1' })
    const joined = await alice.call(['join', 1, '#a', { later: 1 }, 'more', null])
    const sent = await alice.call(['send', 2, '#a', 'say', 'hi', { later: true }])
    expect([joined.ok, sent.ok]).toEqual([true, true])
    expect(alice.messages('#a')).toEqual([[1, 'hi']])
  })

  test('P-FR-2: space between the tokens of a frame means nothing', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(' [ "send" ,\t1, "#a", "say" , { "a" : 1 } ] ')
    expect(alice.answer(1)?.ok).toBe(true)
  })
})

test('P-FR-5: a binary message on a JSON connection is closed with 4502', () => {
  const { hub } = stage()
  const connection = new ScriptedConnection()
  hub.accept(connection, nobody)
  connection.deliver(new TextEncoder().encode('["hello",{"v":[1,1],"token":"alice"}]'))
  expect(connection.closedWith?.code).toBe(4502)
  expect(hub.sessions).toEqual([])
})

test('P-FR-1: transmissions of the hub have no empty line and no carriage return', async () => {
  const s = stage()
  const alice = await s.client('alice')
  await alice.request('join', '#a')
  await alice.say(['send', 2, '#a', 'say', 'a\r\nb'], ['send', 3, '#a', 'say', 1], ['ping', 1])
  expect(alice.frames()).toHaveLength(7)
  for (const text of alice.transmissions) {
    expect(text).not.toMatch(/\r|\n\n|^\n|\n$/)
  }
})
