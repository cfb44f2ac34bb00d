import { describe, expect, test } from 'vitest'
import { stage } from '../support/shared.ts'
import { name } from '../support/stage.ts'

const malformed = [
  '""',
  '"lobby"',
  '" #lobby"',
  '"!lobby"',
  '"**"',
  '"*x"',
  '"#"',
  '"@"',
  '"~"',
  '"__proto__"',
  '"#\\u0000"',
  '"#a\\n"',
  '"#\\u001f"',
  '"#\\u007f"',
  '"#\\u0080"',
  '"#\\u009f"',
  '"@a\\u0000"',
  '"~a\\u0000"',
  '"#\\ud800"',
  '"#\\udc00\\ud800"',
  '"@\\udfff"',
  `"#${'x'.repeat(256)}"`,
  `"#${'é'.repeat(128)}"`,
  `"@${'x'.repeat(256)}"`,
  `"~${'x'.repeat(256)}"`,
  `"#${'x'.repeat(30_000)}"`,
]

const wellFormed = [
  '#a',
  '# ',
  '#\u00a0',
  '##',
  '#*',
  '#>',
  '#__proto__',
  '#constructor',
  '#hasOwnProperty',
  '#../../etc/passwd',
  '#%2e%2e',
  '#a.b.*',
  '#a:b{c}',
  '#日本',
  '#😀',
  '#\u2028',
  `#${'x'.repeat(255)}`,
  `#${'é'.repeat(127)}x`,
]

const operations = (address: string): string[] => [
  `["join",1,${address}]`,
  `["leave",2,${address}]`,
  `["send",3,${address},"e",1]`,
  `["read",4,${address}]`,
  `["state",5,${address},1]`,
  `["who",6,${address}]`,
]

describe('addresses that are none', () => {
  test.each(malformed.map((json) => [json.slice(0, 20), json]))(
    '%s is bad_request in every operation, and the connection lives (P-AD-1)',
    async (_, json) => {
      const peer = await stage.welcomed()
      peer.text(operations(json).join('\n'))
      const codes = await Promise.all([1, 2, 3, 4, 5, 6].map(async (ref) => (await peer.answer(ref)).code))
      expect(codes).toEqual(Array(6).fill('bad_request'))
      await peer.alive()
    },
  )
})

describe('addresses that are some', () => {
  test.each(wellFormed.map((address) => [address.slice(0, 20), address]))(
    '%j carries messages and casts (P-AD-1)',
    async (_, address) => {
      const event = name()
      const other = await stage.welcomed({ hello: { streams: { [address]: null } } })
      const peer = await stage.welcomed()
      peer.write(['cast', address, event, 1])
      await peer.ok('send', address, event, 1)
      await other.until(
        'both',
        () => (other.all('msg', address).length > 0 && other.first('cast')) || undefined,
      )
      const { messages } = await peer.ok('read', address)
      expect(messages.at(-1)?.slice(0, 4)).toEqual(['msg', address, expect.any(Number), event])
      await peer.ok('leave', address)
    },
  )

  test('no two of them are one, however alike they look (P-AD-1)', async () => {
    const id = name()
    const names = [
      '\u00e9',
      'e\u0301',
      'E\u0301',
      'É',
      '\u212b',
      '\u00c5',
      'a',
      'A',
      'a ',
      ' a',
      'a%20',
      'ａ',
      '*',
      '>',
      'a.*',
    ]
    const rooms = names.map((part) => `#${id}${part}`)
    const streams = Object.fromEntries(rooms.map((address) => [address, null]))
    const peer = await stage.welcomed({ hello: { streams } })
    const sender = await stage.welcomed()
    for (const [n, address] of rooms.entries()) {
      const { at } = await sender.ok('send', address, `e${n}`, 1)
      expect(at, address).toBe(1)
    }
    for (const [n, address] of rooms.entries()) {
      await peer.messages(address, 1)
      expect(peer.events(address), address).toEqual([`e${n}`])
    }
  })

  test.each(['@__proto__', '@nobody', '@ ', '@日本', '@*', '@#a', `@${'x'.repeat(255)}`])(
    '%s may be sent to, whether somebody is there or not (P-AD-1)',
    async (address) => {
      const peer = await stage.welcomed()
      expect((await peer.ask('send', address, 'e', 1)).code).toBe('ok')
    },
  )
})

describe('inboxes and sessions', () => {
  test("another user's inbox gives nothing, whether there is such a user or not (P-AD-2)", async () => {
    const other = await stage.welcomed()
    const peer = await stage.welcomed()
    for (const address of [`@${other.user}`, `@${name()}`]) {
      expect((await peer.ask('join', address)).code).toBe('forbidden')
      expect((await peer.ask('join', address, { since: ['e', 0, null], state: 1 })).code).toBe('forbidden')
      expect((await peer.ask('read', address)).code).toBe('forbidden')
      expect((await peer.ask('who', address)).code).toBe('forbidden')
      expect((await peer.ask('state', address, 1)).code).toBe('forbidden')
      expect(['ok', 'forbidden']).toContain((await peer.ask('leave', address)).code)
    }
    const sender = await stage.welcomed()
    await sender.ok('send', `@${other.user}`, 'secret', 1)
    await other.messages(`@${other.user}`, 1)
    await peer.alive()
    expect(peer.all('msg')).toEqual([])
  })

  test('the answers about who is there and who is not are the same (P-AD-2)', async () => {
    const other = await stage.welcomed()
    const peer = await stage.welcomed()
    for (const [there, absent] of [
      [`@${other.user}`, `@${name()}`],
      [`~${other.id}`, '~unknown-id'],
    ])
      for (const type of ['join', 'read', 'who', 'leave']) {
        const [one, two] = [await peer.ask(type, there), await peer.ask(type, absent)]
        expect({ ...one, ref: 0 }).toEqual({ ...two, ref: 0 })
      }
  })

  test('names of users are compared exactly (P-AD-1)', async () => {
    const user = name()
    const peer = await stage.welcomed({ user })
    const sender = await stage.welcomed()
    for (const other of [user.toUpperCase(), `${user} `, ` ${user}`, user.slice(0, -1), `${user}x`])
      await sender.ok('send', `@${other}`, 'wrong', 1)
    await sender.ok('send', `@${user}`, 'right', 1)
    expect(await peer.messages(`@${user}`, 1)).toMatchObject([{ event: 'right' }])
  })

  test('a session gives nothing, not even the own one, and takes no sends (P-AD-2)', async () => {
    const other = await stage.welcomed()
    const peer = await stage.welcomed()
    for (const address of [`~${peer.id}`, `~${other.id}`, '~unknown-id', `~${'x'.repeat(255)}`]) {
      expect((await peer.ask('join', address)).code).toBe('forbidden')
      expect((await peer.ask('read', address)).code).toBe('forbidden')
      expect((await peer.ask('who', address)).code).toBe('forbidden')
      expect((await peer.ask('state', address, 1)).code).toBe('forbidden')
      expect((await peer.ask('send', address, 'e', 1)).code).toBe('unsupported')
      expect(['ok', 'forbidden', 'unsupported']).toContain((await peer.ask('leave', address)).code)
    }
    await other.alive()
    expect(other.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
  })

  test('everyone and the own inbox are received, and not to be read here (P-AD-2)', async () => {
    const peer = await stage.welcomed()
    for (const address of ['*', `@${peer.user}`]) {
      expect((await peer.ask('read', address)).code).toBe('forbidden')
      expect((await peer.ask('join', address)).code).toBe('ok')
    }
  })
})
