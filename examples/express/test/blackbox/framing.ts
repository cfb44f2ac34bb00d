import { describe, expect, test } from 'vitest'
import { message, nested } from '../support/frames.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

describe('transmissions and frames', () => {
  test('one transmission carries many frames, each with its answer (P-FR-1)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.write(
      ['send', 1, to, 'a', 1],
      ['send', 2, to, 'b', 2],
      ['join', 3, to],
      ['leave', 4, to],
      ['ping', 5],
    )
    for (const ref of [1, 2, 3, 4]) expect((await peer.answer(ref)).code).toBe('ok')
    await peer.next('pong')
  })

  test('whitespace between tokens may occur (P-FR-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.text(` [ "send" ,\t1 , "${to}" , "e" , { "a" : [ 1 , 2 ] } ]  `)
    expect((await peer.answer(1)).code).toBe('ok')
    expect((await stage.history(to))[0]?.data).toEqual({ a: [1, 2] })
  })

  test('text in fragments is one transmission (P-FR-1)', async () => {
    const peer = await stage.welcomed()
    for (const piece of ['["pi', 'ng",', '']) peer.socket.send(piece, { fin: false })
    peer.socket.send('7]', { fin: true })
    expect(await peer.next('pong')).toEqual(['pong', 7])
  })

  test('escapes stand for what they name, in types and keys too (P-FR-2)', async () => {
    const peer = await stage.welcomed()
    peer.text('["\\u0070ing",3]')
    expect(await peer.next('pong')).toEqual(['pong', 3])
  })

  test.each([
    '["ping",1,"more",{"x":1}]',
    '["ping",1,null]',
    `["ping",1,${nested(200)}]`,
    '["ping",1,1e999]',
  ])('trailing elements that are unknown are ignored: %s (P-FR-3)', async (line) => {
    const peer = await stage.welcomed()
    peer.text(line)
    expect(await peer.next('pong')).toEqual(['pong', 1])
  })

  test('trailing elements and unknown keys change no operation (P-FR-3)', async () => {
    const to = room()
    const peer = await stage.welcomed({ hello: { unknown: { a: 1 }, __proto__x: 1, features: [] } })
    peer.write(
      ['send', 1, to, 'e', 'x', 'mallory', 'id.1', 7],
      ['join', 2, to, { unknown: 1, constructor: null }, 'x'],
      ['read', 3, to, { limit: 5, unknown: [] }, 'x'],
      ['leave', 4, to, { since: 1 }],
      ['auth', 5, peer.user, 'x'],
    )
    for (const ref of [1, 2, 3, 4, 5]) expect((await peer.answer(ref)).code).toBe('ok')
    expect((await peer.answer(3)).result.messages).toHaveLength(1)
  })

  test('what is deep or out of range in an unknown key is ignored (P-FR-3)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.text(
      `["join",1,"${to}",{"x":${nested(200)},"y":1e999}]\n["read",2,"${to}",{"x":${nested(200)},"y":-1e999}]`,
    )
    for (const ref of [1, 2]) expect((await peer.answer(ref)).code).toBe('ok')
  })

  test('the later of two equal keys counts (P-FR-7)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    for (const n of [1, 2, 3]) await peer.ok('send', to, `e${n}`, n)
    peer.text(`["read",9,"${to}",{"limit":3,"limit":1}]`)
    expect((await peer.answer(9)).result.messages).toHaveLength(1)
  })
})

describe('unknown types', () => {
  test.each(['frob', '', 'JOIN', 'toString', '__proto__', 'constructor', 'hasOwnProperty', 'then', '$error'])(
    '%j with a ref is unsupported, and the connection lives (P-FR-4)',
    async (type) => {
      const peer = await stage.welcomed()
      expect((await peer.askAs(1, type, { any: 'thing' })).code).toBe('unsupported')
      await peer.alive()
    },
  )

  test('the greatest ref is one, too (P-FR-4, P-FR-6)', async () => {
    const peer = await stage.welcomed()
    expect((await peer.askAs(2 ** 53 - 1, 'frob')).code).toBe('unsupported')
  })

  test.each([
    '["frob"]',
    '["frob",0]',
    '["frob",-1]',
    '["frob",1.5]',
    '["frob","1"]',
    '["frob",null]',
    '["frob",9007199254740992]',
  ])('without a ref they are ignored: %s (P-FR-4)', async (line) => {
    const peer = await stage.welcomed()
    peer.text(line)
    await peer.alive()
    expect(peer.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
  })

  test.each([
    ['ok', 1, {}],
    ['err', 1, 'internal', 'x'],
    ['ask', 1, 'e', 1],
    ['gap', '#a', 'limit', ['e', 1, 'x']],
    ['msg', '#a', 1, 'e', 1, 'mallory', 'x.1'],
    ['presence', '#a', 1, [], []],
    ['left', '#a', 'forbidden', ''],
    ['bye', 4001, ''],
  ])('what only a hub writes has no effect from a client: %s (P-FR-4, P-FR-10)', async (...frame) => {
    const to = room()
    const other = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const peer = await stage.welcomed()
    peer.text(JSON.stringify(frame).replace('#a', to))
    await peer.alive()
    await peer.ok('send', to, 'after', 1)
    const [first] = await other.messages(to, 1)
    expect(first?.event).toBe('after')
    expect(other.frames.map(([type]) => type)).toEqual(['welcome', 'msg'])
  })

  test('replies to asks that nobody asked are ignored, whatever they carry (P-FR-10, P-FR-7)', async () => {
    const peer = await stage.welcomed()
    peer.write(['reply', 1, { any: 'thing' }], ['refuse', 2, 'app/no', 'no'], ['reply', 2 ** 53 - 1, null])
    peer.text(`["reply",3,${nested(65)}]\n["reply",3,1e999]`)
    await peer.alive()
    expect(peer.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
  })
})

describe('free-form values', () => {
  const values = [
    'null',
    'false',
    '0',
    '-0.5',
    '1e308',
    '5e-324',
    '""',
    '"\\u2028\\u2029 \\ud83d\\ude00 \\u0000 \\" \\\\ \\n"',
    '[]',
    '{}',
    '[[],{},null]',
    '{"":1," ":2}',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null,"length":3}',
    '{"b":1,"a":2,"1":3}',
    nested(64),
    `${'{"a":'.repeat(63)}[]${'}'.repeat(63)}`,
  ]

  test.each(values)('%s arrives as it was written (P-FR-7)', async (json) => {
    const to = room()
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const other = await stage.welcomed({ hello: { streams: { [to]: null } } })
    peer.text(`["cast","${to}","e",${json}]\n["send",1,"${to}","e",${json}]`)
    expect((await peer.answer(1)).code).toBe('ok')
    expect(JSON.stringify((await other.next('cast'))[3])).toBe(JSON.stringify(JSON.parse(json)))
    const [own] = await peer.messages(to, 1)
    const [stored] = await stage.history(to)
    for (const got of [own, stored]) expect(JSON.stringify(got?.data)).toBe(JSON.stringify(JSON.parse(json)))
  })

  test('a lone surrogate in data does no harm to anybody (P-FR-7)', async () => {
    const to = room()
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    peer.text(`["send",1,"${to}","e","\\ud800"]\n["send",2,"${to}","next",1]`)
    expect(['ok', 'bad_payload']).toContain((await peer.answer(1)).code)
    expect((await peer.answer(2)).code).toBe('ok')
    await peer.until('the next', () => peer.events(to).includes('next') || undefined)
  })

  const tooMuch = [
    nested(65),
    `{"a":${nested(64)}}`,
    `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`,
    nested(20_000),
    '1e999',
    '-1e999',
    '[{"a":[1e400]}]',
    `1${'0'.repeat(400)}`,
  ]

  test.each(tooMuch.map((json) => [json.slice(0, 20), json]))(
    '%s… is bad_payload, nothing is stored and the connection lives (P-FR-7)',
    async (_, json) => {
      const to = room()
      const peer = await stage.welcomed()
      peer.text(
        `["send",1,"${to}","e",${json}]\n["call",2,"e",${json}]\n["join",3,"${to}",{"state":${json}}]`,
      )
      for (const ref of [1, 2, 3]) expect((await peer.answer(ref)).code).toBe('bad_payload')
      await peer.alive()
      await stage.expectHistory(to, [])
    },
  )

  test.each(tooMuch.map((json) => [json.slice(0, 20), json]))(
    '%s… in a cast is dropped (P-FR-7)',
    async (_, json) => {
      const to = room()
      const other = await stage.welcomed({ hello: { streams: { [to]: null } } })
      const peer = await stage.welcomed()
      peer.text(`["cast","${to}","bad",${json}]\n["cast","${to}","good",1]`)
      expect((await other.next('cast')).slice(0, 3)).toEqual(['cast', to, 'good'])
    },
  )

  test('an early ok does not hide a late bad_payload: both are answered (P-FR-7)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.text(`["send",1,"${to}","a",1]\n["send",2,"${to}","b",1e999]\n["send",3,"${to}","c",1]`)
    const codes = await Promise.all([1, 2, 3].map(async (ref) => (await peer.answer(ref)).code))
    expect(codes).toEqual(['ok', 'bad_payload', 'ok'])
    await stage.expectHistory(to, ['a', 'c'])
  })
})

describe('the order of checks (P-FR-9)', () => {
  const deep = nested(65)

  test.each([
    ['an address before the depth', '["send",1,"nowhere","e",DEEP]', 'bad_request'],
    ['an event before the depth', '["send",1,"#a","$e",DEEP]', 'bad_request'],
    ['an event of a call before the depth', '["call",1,"$e",DEEP]', 'bad_request'],
    ['an address before the depth of a state', '["join",1,"nowhere",{"state":DEEP}]', 'bad_request'],
    ['the depth before the authorisation', '["join",1,"@somebody-else",{"state":DEEP}]', 'bad_payload'],
    ['the depth of a state before the authorisation', '["state",1,"@somebody-else",DEEP]', 'bad_payload'],
    ['the event before what a session may get', '["send",1,"~abcdefgh","",1]', 'bad_request'],
  ])('%s', async (_, line, code) => {
    const peer = await stage.welcomed()
    peer.text(line.replace('DEEP', deep))
    expect((await peer.answer(1)).code).toBe(code)
  })

  test('what is not valid before all else', async () => {
    const peer = await stage.welcomed()
    peer.text(`["read",1,"nowhere",{"after":1,"before":2,"limit":0}]`)
    expect(await peer.code()).toBe(4502)
  })

  test('the event and the depth before a conflict', async () => {
    const to = room()
    const peer = await stage.welcomed()
    expect((await peer.askAs(5, 'send', to, 'e', 1)).code).toBe('ok')
    expect((await peer.askAs(5, 'send', to, '$e', 1)).code).toBe('bad_request')
    peer.text(`["send",5,"${to}","e",${deep}]`)
    expect((await peer.answer(5, 2)).code).toBe('bad_payload')
    expect((await peer.askAs(5, 'send', to, 'e', 2)).code).toBe('conflict')
  })
})

test('the sender is what the hub says, whatever a client writes (P-AD-3)', async () => {
  const to = room()
  const user = name()
  const other = await stage.welcomed({ hello: { streams: { [to]: null } } })
  const peer = await stage.welcomed({ user })
  peer.write(['cast', to, 'c', 1, { from: 'mallory', session: 'x', key: 'k' }, 'mallory', 'x'])
  peer.write(['send', 1, to, 'm', { from: 'mallory' }, 'mallory', 'mallory.1'])
  expect(await other.next('cast')).toEqual(['cast', to, 'c', 1, user, peer.id, 'k'])
  const frame = await other.next('msg')
  expect(message(frame)).toMatchObject({ from: user, id: `${peer.id}.1`, data: { from: 'mallory' } })
})
