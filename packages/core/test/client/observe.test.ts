import { ChatError, type ClientObservation, handleAsk } from '@chat/core'
import { expect, test } from 'vitest'
import { msg, play } from '../support/fake-hub.ts'

/** Keeps the facts of a client. */
function recorder() {
  const seen: ClientObservation[] = []
  const of = <T extends ClientObservation['type']>(type: T): Extract<ClientObservation, { type: T }>[] =>
    seen.filter((fact) => fact.type === type) as never
  return { observe: (fact: ClientObservation) => void seen.push(fact), of }
}

test('observe is shown messages and casts, each with its type', () =>
  play(async (stage) => {
    const { observe, of } = recorder()
    await stage.connected({ observe })
    stage.hub.at().write(msg('*', 1), ['cast', '*', 'typing', 2, 'bob', 's1'])
    await stage.settle()
    expect(of('message')).toMatchObject([
      { type: 'message', durable: true, address: '*', event: 'say', data: 1, id: 'm1', time: 1 },
      { type: 'message', durable: false, address: '*', event: 'typing', data: 2, id: null },
    ])
  }))

test('observe is shown each change of the status', () =>
  play(async (stage) => {
    const { observe, of } = recorder()
    await stage.connected({ observe })
    stage.hub.at().cut()
    await stage.advance(0)
    expect(of('status')).toMatchObject([
      { status: 'connected' },
      { status: 'reconnecting', error: expect.any(ChatError), retryIn: expect.any(Number) },
    ])
  }))

test('observe is shown the outcome of each send, call and page of history, and its time', () =>
  play(async (stage) => {
    const { observe, of } = recorder()
    const client = await stage.connected({ observe })
    const given = new AbortController()
    stage.watch(client.to('#a').send('say', 1))
    stage.watch(client.call('rename', 1))
    stage.watch(client.call('stop', 1, { signal: given.signal }))
    stage.watch(client.history('#a'))
    await stage.settle()
    await stage.advance(200)
    given.abort('enough')
    stage.hub.at().write(['ok', 1, { epoch: 'e', at: 1, id: 'm1' }], ['err', 2, 'shop/no', 'no'])
    stage.hub.at().write(['ok', 4, { epoch: 'e', base: 0, top: 0, messages: [], more: false }])
    await stage.settle()
    const shown = of('operation').map(({ operation, subject, error }) => [operation, subject, error])
    expect(shown).toHaveLength(4)
    expect(shown).toEqual(
      expect.arrayContaining([
        ['call', 'stop', 'enough'],
        ['send', '#a', undefined],
        ['call', 'rename', expect.objectContaining({ code: 'shop/no' })],
      ]),
    )
    expect(of('operation').every(({ took }) => took >= 200 && took < 300)).toBe(true)
  }))

test('observe is shown the outcome of each ask', () =>
  play(async (stage) => {
    const { observe, of } = recorder()
    const client = await stage.connected({ observe })
    handleAsk(client, 'yes', () => 1)
    handleAsk(client, 'no', () => Promise.reject(new ChatError('ui/no', 'no')))
    handleAsk(client, 'stop', (_, { signal }) => {
      return new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    stage.hub
      .at()
      .write(
        ['ask', 1, 'yes', null],
        ['ask', 2, 'no', null],
        ['ask', 3, 'stop', null],
        ['ask', 4, 'what', null],
      )
    await stage.settle()
    stage.hub.at().write(['cancel', 3])
    await stage.settle()
    expect(of('ask').map(({ event, code }) => [event, code])).toEqual(
      expect.arrayContaining([
        ['yes', undefined],
        ['no', 'ui/no'],
        ['stop', 'cancelled'],
        ['what', 'not_found'],
      ]),
    )
  }))

test.each([
  [
    'throws',
    () => {
      throw new Error('observer')
    },
  ],
  ['rejects', () => Promise.reject(new Error('observer'))],
])('an observer that %s harms nothing, and $error tells', (_, observe) =>
  play(async (stage) => {
    const client = await stage.connected({ observe })
    const heard: unknown[] = []
    client.on('say', (data) => heard.push(data))
    stage.hub.script['call'] = (connection, [, ref]) => connection.write(['ok', ref, 'fine'])
    const called = stage.watch(client.call('x', 1))
    stage.hub.at().write(msg('*', 1))
    await stage.settle()
    expect([heard, called.value, client.status]).toEqual([[1], 'fine', 'connected'])
    expect(client.said.errors.length).toBeGreaterThan(2)
    for (const { error, subject } of client.said.errors)
      expect([String(error), subject]).toEqual(['Error: observer', 'observe'])
  }),
)
