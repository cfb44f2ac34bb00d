import { describe, expect, test } from 'vitest'
import { RawClient } from '../../support/raw-client.ts'
import { stage } from '../../support/stage.ts'

describe('the subprotocol', () => {
  test.each([
    ['chat.v1.json', ['chat.v1.json']],
    ['chat.v1.json', ['chat.v1.msgpack', 'chat.v1.json']],
    ['', []],
    ['', ['chat.v1.msgpack']],
    ['', ['chat.v2.json', 'soap', 'CHAT.V1.JSON']],
  ])('P-FR-8: %j is agreed on when %j is offered, and JSON is spoken', async (agreed, offered) => {
    const s = stage()
    const connection = await s.dial(offered)
    expect(connection.protocol).toBe(agreed)
    const alice = new RawClient(connection, () => s.settle())
    expect(await alice.hello('alice')).toMatchObject({ v: 1, user: 'alice' })
  })

  test('P-FR-8: a hub names the subprotocols that it speaks', () => {
    expect(stage().hub.subprotocols).toEqual(['chat.v1.json'])
  })
})
