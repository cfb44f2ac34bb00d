import { describe, expect, test } from 'vitest'
import { message } from '../support/frames.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

const joined = (to: string, user = name()) => stage.welcomed({ user, hello: { streams: { [to]: null } } })

describe('send', () => {
  test('is answered with the place and the id of the message (P-PB-1, P-PB-5)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const { result } = await peer.askAs(41, 'send', to, 'e', 1)
    expect(result).toEqual({ epoch: expect.any(String), at: expect.any(Number), id: `${peer.id}.41` })
    expect((await stage.history(to)).map(({ at, id, from }) => ({ at, id, from }))).toEqual([
      { at: result.at, id: result.id, from: peer.user },
    ])
  })

  test('comes back to a sender that joined, once, with the id (P-ST-9)', async () => {
    const to = room()
    const peer = await joined(to)
    const sent = await peer.ok('send', to, 'e', { a: 1 })
    expect(await peer.messages(to, 1)).toEqual([
      { address: to, at: sent.at, event: 'e', data: { a: 1 }, from: peer.user, id: sent.id },
    ])
    await peer.alive()
    expect(peer.all('msg', to)).toHaveLength(1)
  })

  test('needs no join, and joins nothing (P-PB-1)', async () => {
    const to = room()
    const other = await joined(to)
    const peer = await stage.welcomed()
    await peer.ok('send', to, 'e', 1)
    await other.messages(to, 1)
    await peer.alive()
    expect(peer.all('msg')).toEqual([])
  })

  test('to a user reaches all their sessions, and nobody else (P-AD-2)', async () => {
    const user = name()
    const to = `@${user}`
    const tabs = await Promise.all([1, 2, 3].map(() => stage.welcomed({ user })))
    const sender = await stage.welcomed()
    const sent = await sender.ok('send', to, 'dm', 'psst')
    for (const tab of tabs)
      expect(await tab.messages(to, 1)).toMatchObject([{ at: sent.at, id: sent.id, from: sender.user }])
    await sender.alive()
    expect(sender.all('msg')).toEqual([])
  })

  test('to the own inbox reaches all own sessions (P-AD-2)', async () => {
    const user = name()
    const tabs = await Promise.all([1, 2].map(() => stage.welcomed({ user })))
    await tabs[0]?.ok('send', `@${user}`, 'note', 1)
    for (const tab of tabs)
      expect(await tab.messages(`@${user}`, 1)).toMatchObject([{ event: 'note', from: user }])
  })

  test('to everyone reaches everyone, the sender too (P-AD-2, P-ST-9)', async () => {
    const event = name()
    const peers = await Promise.all([1, 2, 3].map(() => stage.welcomed()))
    await peers[0]?.ok('send', '*', event, 1)
    for (const peer of peers) await peer.until('it', () => peer.events('*').includes(event) || undefined)
  })

  test('waits in the log for somebody who is away (P-ST-2, P-PB-1)', async () => {
    const user = name()
    const to = `@${user}`
    const peer = await stage.welcomed({ user })
    const sender = await stage.welcomed()
    const first = await sender.ok('send', to, 'first', 1)
    await peer.cut()
    await sender.ok('send', to, 'second', 1)
    const back = await stage.welcomed({
      user,
      hello: { streams: { [to]: [first.epoch, first.at, first.id] } },
    })
    expect(back.welcome.streams[to]?.mode).toBe('replay')
    expect(await back.messages(to, 1)).toMatchObject([{ event: 'second' }])
  })
})

describe('the same ref again', () => {
  test('on one connection is dup, with the first place, and stored once (P-PB-2)', async () => {
    const to = room()
    const peer = await joined(to)
    const first = await peer.askAs(3, 'send', to, 'e', { a: 1, b: 'é' })
    expect(first.result.dup ?? false).toBe(false)
    for (const _ of [1, 2]) {
      const again = await peer.askAs(3, 'send', to, 'e', { a: 1, b: 'é' })
      expect(again).toMatchObject({ code: 'ok', result: { ...first.result, dup: true } })
    }
    await peer.alive()
    expect(peer.all('msg', to)).toHaveLength(1)
    await stage.expectHistory(to, ['e'])
  })

  test('in one transmission is dup as well (P-PB-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const frame = ['send', 3, to, 'e', 1]
    peer.write(frame, frame, frame)
    const answers = await Promise.all([0, 1, 2].map((nth) => peer.answer(3, nth)))
    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'ok'])
    expect(answers.map(({ result }) => result.dup ?? false)).toEqual([false, true, true])
    await stage.expectHistory(to, ['e'])
  })

  test('is the same data however it is spelled (P-PB-2, P-FR-7)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.text(`["send",1,"${to}","e",{"a":1,"b":"é"}]`)
    await peer.answer(1)
    peer.text(` ["send", 1, "${to}", "\\u0065", {"a": 9, "a": 1.0, "b": "\\u00e9"}, "trailing"]`)
    expect((await peer.answer(1, 1)).result.dup).toBe(true)
  })

  test.each([
    ['other data', 'e', 2],
    ['data of another type', 'e', '1'],
    ['another event', 'f', 1],
  ])('with %s is a conflict, and the first stands (P-PB-2)', async (_, event, data) => {
    const to = room()
    const peer = await stage.welcomed()
    await peer.askAs(1, 'send', to, 'e', 1)
    expect((await peer.askAs(1, 'send', to, event, data)).code).toBe('conflict')
    expect((await peer.askAs(1, 'send', to, 'e', 1)).result.dup).toBe(true)
    await stage.expectHistory(to, ['e'])
  })

  test('to another address is another message (P-PB-2)', async () => {
    const [one, other] = [room(), room()]
    const peer = await stage.welcomed()
    for (const to of [one, other]) {
      const { code, result } = await peer.askAs(1, 'send', to, 'e', 1)
      expect({ code, dup: result.dup ?? false }).toEqual({ code: 'ok', dup: false })
    }
    for (const to of [one, other]) await stage.expectHistory(to, ['e'])
  })

  test('from another session of the user is another message (P-PB-2)', async () => {
    const [to, user] = [room(), name()]
    const tabs = await Promise.all([1, 2].map(() => stage.welcomed({ user })))
    for (const tab of tabs) expect((await tab.askAs(1, 'send', to, 'e', 1)).result.dup ?? false).toBe(false)
    await stage.expectHistory(to, ['e', 'e'])
  })

  test('a ref below the greatest that was never used there is a conflict; elsewhere it is not (P-PB-2)', async () => {
    const [to, other] = [room(), room()]
    const peer = await stage.welcomed()
    expect((await peer.askAs(10, 'send', to, 'e', 1)).code).toBe('ok')
    expect((await peer.askAs(9, 'send', to, 'f', 1)).code).toBe('conflict')
    expect((await peer.askAs(9, 'send', other, 'f', 1)).code).toBe('ok')
    await stage.expectHistory(to, ['e'])
  })

  test('the last refs of `inflight` are known, and what is older is never stored again (P-PB-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    for (let start = 1; start <= 70; start += 35) {
      const refs = Array.from({ length: 35 }, (_, n) => start + n)
      peer.write(...refs.map((ref) => ['send', ref, to, 'e', ref]))
      for (const ref of refs) expect((await peer.answer(ref)).code).toBe('ok')
    }
    for (const ref of [70, 40, 7]) expect((await peer.askAs(ref, 'send', to, 'e', ref)).result.dup).toBe(true)
    const old = await peer.askAs(1, 'send', to, 'e', 1)
    expect(old.code === 'conflict' || old.result.dup === true).toBe(true)
    expect(await stage.history(to)).toHaveLength(70)
  })
})

describe('cast', () => {
  test('reaches the others in the room, with sender and session, and not the sender (P-ST-9)', async () => {
    const to = room()
    const [sender, other] = [await joined(to), await joined(to)]
    sender.write(['cast', to, 'typing', { on: true }])
    expect(await other.next('cast')).toEqual(['cast', to, 'typing', { on: true }, sender.user, sender.id])
    await sender.alive()
    expect(sender.all('cast')).toEqual([])
  })

  test('carries its key (P-ST-9)', async () => {
    const to = room()
    const [sender, other] = [await joined(to), await joined(to)]
    sender.write(['cast', to, 'cursor', [1, 2], { key: 'k' }])
    expect(await other.next('cast')).toEqual(['cast', to, 'cursor', [1, 2], sender.user, sender.id, 'k'])
  })

  test('reaches the other sessions of its sender (P-ST-9)', async () => {
    const [to, user] = [room(), name()]
    const [sender, tab] = [await joined(to, user), await joined(to, user)]
    sender.write(['cast', to, 'typing', 1])
    expect(await tab.next('cast')).toEqual(['cast', to, 'typing', 1, user, sender.id])
  })

  test('needs no join, and is nowhere stored (P-ST-9)', async () => {
    const to = room()
    const other = await joined(to)
    const sender = await stage.welcomed()
    sender.write(['cast', to, 'typing', 1])
    await other.next('cast')
    await stage.expectHistory(to, [])
    const late = await joined(to)
    await late.alive()
    expect(late.all('cast')).toEqual([])
  })

  test('of one key the newest arrives at last (P-ST-9)', async () => {
    const to = room()
    const other = await joined(to)
    const sender = await stage.welcomed()
    sender.write(...Array.from({ length: 20 }, (_, n) => ['cast', to, 'cursor', n, { key: 'k' }]))
    await other.until('the newest', () => other.all('cast').some(([, , , data]) => data === 19) || undefined)
    const numbers = other.all('cast').map(([, , , data]) => data as number)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })

  test.each(['nowhere', '', '#', '*', '@', '~', '#\u0000'])(
    'to %j is dropped without a word (P-AD-1, P-PB-10)',
    async (address) => {
      const to = room()
      const other = await joined(to)
      const sender = await stage.welcomed()
      sender.write(
        ['cast', address, 'e', 1],
        ['cast', `@${other.user}`, 'e', 1],
        ['cast', `~${other.id}`, 'e', 1],
      )
      sender.write(['cast', to, 'good', 1])
      expect((await other.next('cast')).slice(1, 3)).toEqual([to, 'good'])
      await sender.alive()
      expect(sender.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
    },
  )
})

describe('call', () => {
  test('that nobody handles is not_found (P-PB-7)', async () => {
    const peer = await stage.welcomed()
    for (const event of ['nobody', 'toString', '__proto__', 'constructor', 'app/x'])
      expect((await peer.ask('call', event, { a: 1 })).code, event).toBe('not_found')
  })

  test('with a ref that is not above all before is a conflict, or nobody is there for it (P-PB-7)', async () => {
    const peer = await stage.welcomed()
    await peer.askAs(10, 'send', room(), 'e', 1)
    for (const ref of [10, 9, 1])
      expect(['conflict', 'not_found']).toContain((await peer.askAs(ref, 'call', 'nobody', 1)).code)
    await peer.alive()
  })
})

describe('event names (P-PB-10)', () => {
  const good = [
    'e',
    'a b',
    'a/b',
    'x'.repeat(128),
    'é'.repeat(64),
    '😀'.repeat(32),
    'a$',
    '__proto__',
    ' ',
    '日本',
  ]
  const bad = [
    '',
    '$',
    '$error',
    'x'.repeat(129),
    'é'.repeat(65),
    '😀'.repeat(33),
    'a\u0000',
    '\n',
    'a\u001f',
    'a\u007f',
    '\u0080',
    '\u009f',
  ]

  test.each(good)('%j is one', async (event) => {
    const to = room()
    const [peer, other] = [await joined(to), await joined(to)]
    peer.write(['cast', to, event, 1])
    await peer.ok('send', to, event, 1)
    expect((await other.next('cast'))[2]).toBe(event)
    expect(message(await other.next('msg')).event).toBe(event)
    expect((await peer.ask('call', event, 1)).code).toBe('not_found')
  })

  test.each(bad)('%j is bad_request, in a cast it is dropped, and the connection lives', async (event) => {
    const to = room()
    const [peer, other] = [await stage.welcomed(), await joined(to)]
    peer.write(['cast', to, event, 1], ['cast', to, 'good', 1])
    for (const frame of [['send', to], ['call']] as const)
      expect((await peer.ask(...(frame as [string]), event, 1)).code).toBe('bad_request')
    expect((await other.next('cast'))[2]).toBe('good')
    await stage.expectHistory(to, [])
  })

  test('a lone surrogate harms nobody', async () => {
    const to = room()
    const peer = await joined(to)
    peer.text(`["send",1,"${to}","\\ud800",1]`)
    expect(['ok', 'bad_request']).toContain((await peer.answer(1)).code)
    await peer.alive()
  })
})
