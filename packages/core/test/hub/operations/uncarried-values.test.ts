import { ChatError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { outcome, stage } from '../../support/stage.ts'
import { carried, uncarried } from '../../support/uncarried-values.ts'

describe.each(uncarried)('%s', (_, value, named) => {
  const data = { deep: [value] }
  const refused = { code: 'bad_payload', message: expect.stringContaining(named) }

  test('is refused as bad_payload, with its path, in a send, a cast and an ask of the hub', async () => {
    const { hub } = stage()
    const target = hub.to('#a')
    for (const attempt of [target.send('say', data), target.ask('confirm', data), hub.broadcast('say', data)])
      await expect(attempt).rejects.toSatisfy(isRefused)
    expect(() => target.cast('say', data)).toThrow(expect.objectContaining(refused))
    function isRefused(error: ChatError): boolean {
      expect(error).toMatchObject(refused)
      expect((error.detail as { path: unknown[] }).path.slice(0, 2)).toEqual(['deep', 0])
      return true
    }
  })

  test('is no result of a handler: the client gets `internal`, and $error has the path', async () => {
    const s = stage()
    s.hub.handle('buy', () => data)
    const alice = await s.client('alice')
    expect(outcome(await alice.request('call', 'buy', null))).toBe('internal')
    expect(s.errors).toMatchObject([{ source: 'handler', subject: 'buy', error: { cause: refused } }])
    expect(s.faults[0]).toContain(named)
  })
})

test.each(carried)('%s reaches a client as JSON has it', async (_, value, received) => {
  const s = stage()
  const alice = await s.client('alice')
  s.hub.handle('get', () => value)
  await s.hub.to('@alice').send('say', value)
  s.hub.to('@alice').cast('say', value)
  await s.settle()
  expect(alice.frames('msg')[0]?.[4]).toEqual(received)
  expect(alice.frames('cast')[0]?.[3]).toEqual(received)
  await alice.request('call', 'get', null)
  expect(alice.frames('ok').at(-1)?.[2]).toEqual(received)
})

test('a detail of an error that JSON does not carry is reported, and the client gets the code without it', async () => {
  const s = stage()
  s.hub.handle('buy', () => {
    throw new ChatError('shop/empty', 'sold out', { detail: { left: new Map() } })
  })
  const alice = await s.client('alice')
  const answer = await alice.request('call', 'buy', null)
  expect(answer).toMatchObject({ code: 'shop/empty', message: 'sold out' })
  expect(answer).not.toHaveProperty('detail.left')
  expect(s.faults[0]).toContain('an instance of Map at data.left')
})

test('data that `authorize` puts in place of the data of a client must be JSON', async () => {
  const s = stage({ authorize: ({ action }) => action !== 'send' || { data: new Set([1]) } })
  const alice = await s.client('alice')
  expect(outcome(await alice.request('send', '#a', 'say', 1))).toBe('bad_payload')
})

describe('an integer of a client in another language', () => {
  test.each([
    '12345678901234567890',
    '9007199254740993',
    '-9007199254740993',
    '100000000000000000000000000000000000001',
  ])('P-FR-7: %s, which a double does not hold, is bad_payload and stored nowhere', async (integer) => {
    const s = stage()
    s.hub.handle('echo', (input) => input)
    const alice = await s.client('alice')
    await alice.say(
      `["send",1,"#a","say",{"id":${integer}}]`,
      `["call",2,"echo",[${integer}]]`,
      `["join",3,"#a",{"state":${integer}}]`,
      `["send",4,"#a","say",1,{"id":${integer}}]`,
      `["cast","#a","say",${integer}]`,
    )
    const codes = [1, 2, 3, 4].map((ref) => outcome(alice.answer(ref)))
    expect(codes).toEqual(['bad_payload', 'bad_payload', 'bad_payload', 'bad_request'])
    expect(s.hub.counters.droppedCasts).toBe(1)
    expect(await alice.request('read', '#a')).toMatchObject({ result: { messages: [], top: 0 } })
  })

  test.each([
    ['9007199254740992', '9007199254740992'],
    ['12345678901234567000', '12345678901234567000'],
    ['100000000000000000000000', '1e+23'],
    ['-1234567890123456', '-1234567890123456'],
    ['0.12345678901234567890', '0.12345678901234568'],
    ['1e300', '1e+300'],
    ['"12345678901234567890"', '"12345678901234567890"'],
    ['"\\"12345678901234567890"', '"\\"12345678901234567890"'],
    ['{"12345678901234567890":"\\\\"}', '{"12345678901234567890":"\\\\"}'],
  ])('P-FR-7: %s keeps its value', async (given, stored) => {
    const s = stage()
    const alice = await s.client('alice')
    await alice.say(`["send",1,"#a","say",${given}]`)
    expect(outcome(alice.answer(1))).toBe('ok')
    const page = await s.hub.to('#a').history()
    expect(JSON.stringify(page.messages[0]?.data)).toBe(stored)
  })
})
