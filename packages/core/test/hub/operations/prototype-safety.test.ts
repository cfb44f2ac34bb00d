import { afterEach, describe, expect, test } from 'vitest'
import { paths, stage } from '../../support/stage.ts'

const payloads = [
  '{"__proto__":{"admin":true}}',
  '{"a":[{"__proto__":{"admin":true}}]}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"a":{"b":{"constructor":{"prototype":{"admin":true}}}}}',
]

afterEach(() => {
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
})

describe.each(paths)('data that is named like a prototype, with a backplane that is %s', (path) => {
  test.each(payloads)('U-04: %s passes through unchanged', async (data) => {
    const s = stage({ path })
    const seen: unknown[] = []
    s.hub.on('say', (value) => seen.push(value))
    s.hub.handle('echo', (value) => value)
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.say(
      `["send",2,"#a","say",${data}]`,
      `["call",3,"echo",${data}]`,
      `["cast","@alice","say",${data}]`,
      `["join",4,"#b",{"state":${data}}]`,
    )
    const asked = s.hub.to('@alice').ask('confirm', JSON.parse(data))
    await s.settle()
    await alice.say(`["reply",1,${data}]`)
    expect(JSON.stringify(await asked)).toBe(data)
    expect(alice.transmissions.join('\n').split(data).length - 1).toBe(3)
    expect(seen.map((value) => JSON.stringify(value))).toEqual([data, data])
    for (const value of seen) expect((value as Record<string, unknown>)['admin']).toBeUndefined()
  })

  test('U-04: options of a frame that are named like a prototype are keys like any other', async () => {
    const s = stage({ path })
    const alice = await s.open()
    await alice.say(
      '["hello",{"__proto__":{"token":"root"},"v":[1,1],"token":"alice","constructor":1,"session":{"id":"a","secret":"b","n":1,"__proto__":{}}}]',
      '["read",1,"#a",{"__proto__":{"limit":-1},"limit":1}]',
      '["join",2,"#a",{"__proto__":{"since":5}}]',
    )
    expect(s.hub.sessions.map(({ user }) => user.id)).toEqual(['alice'])
    expect(alice.answered()).toEqual([1, 2])
  })

  test('U-04: the user object of the application is passed on unchanged', async () => {
    const user = JSON.parse('{"id":"alice","__proto__":{"admin":true}}')
    const s = stage({ path, authenticate: () => user })
    await s.client('t')
    expect(s.hub.sessions[0]?.user).toBe(user)
  })
})
