import { Client, type Room, type Untyped } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { messages, notices, people, type Store, status, typing, unread } from '@chat/store'
import { VirtualTime, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from './support/open.ts'

const time = new VirtualTime(1)
const network = new MemoryNetwork(time.runtime('network'))
const client = new Client({ dial: network.dialer('hub'), runtime: time.runtime('client') })
const room = client.join('#a')
const wrong = (value: unknown) => value as never

describe('a misspelt option of a store is refused, and the option that was meant is named', () => {
  test.each([
    ['messages', { lst: 50 }, 'last'],
    ['messages', { lats: 50 }, 'last'],
    ['messages', { edit: 'edit' }, 'edits'],
    ['messages', { removal: 'remove' }, 'removals'],
    ['messages', { raections: 'react' }, 'reactions'],
    ['messages', { mayChnage: () => true }, 'mayChange'],
    ['typing', { utnil: 'say' }, 'until'],
    ['typing', { events: 'typing' }, 'event'],
    ['typing', { expires: 1 }, 'expire'],
    ['unread', { msot: 5 }, 'most'],
    ['unread', { reciept: 'read' }, 'receipt'],
    ['notices', { intial: undefined }, 'initial'],
  ] as const)('%s with %j', (store, options, meant) => {
    const make = {
      messages: () => messages(room, 'say', wrong(options)),
      typing: () => typing(room, wrong(options)),
      unread: () => unread(room, 'say', wrong(options)),
      notices: () => notices(client, 'notice', wrong(options)),
    }[store]
    expect(make).toThrow(`did you mean '${meant}'?`)
    expect(make).toThrow(`there is no option '${Object.keys(options)[0]}'; the options are `)
  })

  test('an option that is like none is refused with the list alone', () => {
    const make = () => messages(room, 'say', wrong({ pageSize: 5 }))
    expect(make).toThrow(
      /^unable to show messages: there is no option 'pageSize'; the options are last, most, initial, edits, removals, reactions, mayChange$/,
    )
  })
})

describe('a wrong value of an option is refused with the values that are allowed', () => {
  test.each([
    [{ last: '50' }, 'must be a whole number from 0 to 1000, but is "50"'],
    [{ last: null }, 'must be a whole number from 0 to 1000, but is null'],
    [{ last: 1_001 }, 'but is 1001'],
    [{ edits: true }, "the option 'edits' must be an event or a list of events, but is true"],
    [{ reactions: [1] }, 'must be an event or a list of events'],
    [{ mayChange: true }, "the option 'mayChange' must be a function, but is true"],
    [{ initial: [] }, 'must be a page of messages, as hub.to(address).history() returns it, but is an array'],
    [{ initial: { messages: [] } }, 'must be a page of messages'],
  ])('messages with %j', (options, text) => {
    expect(() => messages(room, 'say', wrong(options))).toThrow(text)
  })

  test.each([
    [null, 'the options are not an object, but null'],
    [50, 'the options are not an object, but 50'],
    ['say', 'the options are not an object, but "say"'],
  ])('options that are %j', (options, text) => {
    for (const make of [
      () => messages(room, 'say', wrong(options)),
      () => typing(room, wrong(options)),
      () => unread(room, 'say', wrong(options)),
      () => notices(client, 'notice', wrong(options)),
    ])
      expect(make).toThrow(text)
  })

  test('times of typing, and the number of unread messages', () => {
    expect(() => typing(room, wrong({ expire: '5s' }))).toThrow(
      'must be a number of milliseconds above 0, but is "5s"',
    )
    expect(() => unread(room, 'say', { most: 0 })).toThrow('must be a whole number from 1 to 1000, but is 0')
  })

  test('`undefined` is the default', () => {
    messages(
      room,
      'say',
      wrong({ last: undefined, initial: undefined, edits: undefined, mayChange: undefined }),
    )
    typing(room, { until: undefined, event: undefined, expire: undefined })
  })
})

describe('a wrong argument is refused with what it is, and what to give', () => {
  const makers: [string, (value: never) => unknown][] = [
    ['show messages', (value) => messages<Untyped, string>(value, 'say')],
    ['show people', (value) => people(value as Room<Untyped>)],
    ['show who is typing', (value) => typing(value)],
    ['count unread messages', (value) => unread<Untyped, string>(value, 'say')],
  ]
  test.each(makers)('unable to %s of a client, an address or nothing', (operation, make) => {
    const text = (value: string) =>
      `unable to ${operation}: the first argument must be a room, as client.join returns it, but is ${value}`
    expect(() => make(wrong(client))).toThrow(text('an instance of Client'))
    expect(() => make(wrong('#lobby'))).toThrow(text('"#lobby"'))
    expect(() => make(wrong(undefined))).toThrow(text('undefined'))
    expect(() => make(wrong(client.to('#a')))).toThrow('must be a room')
  })

  test('notices and the status are of a client', () => {
    const text =
      'the first argument must be a client, as connect returns it, but is an instance of RoomHandle'
    expect(() => notices<Untyped, string>(wrong(room), 'notice')).toThrow(`unable to show notices: ${text}`)
    expect(() => status(wrong(room))).toThrow(`unable to show the status: ${text}`)
    expect(() => status(wrong(undefined))).toThrow('but is undefined')
  })

  test.each([[undefined], [null], [{ last: 50 }], [[1]]])('events that are %j', (events) => {
    const text = /the second argument must be an event or a list of events, but is /
    expect(() => messages(room, wrong(events))).toThrow(text)
    expect(() => unread(room, wrong(events))).toThrow(text)
    expect(() => notices(client, wrong(events))).toThrow(text)
  })

  test('a listener is a function', () => {
    const stores: Store<unknown>[] = [messages(room, 'say'), people(room), typing(room), unread(room, 'say')]
    for (const store of [...stores, notices(client, 'notice'), status(client)])
      expect(() => store.subscribe(wrong(undefined))).toThrow(
        'the listener must be a function, but is undefined',
      )
  })
})

test('`older` as the handler of a click reads a page, and `send` takes no options for nothing', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub(open)
    for (let i = 0; i < 30; i++) await hub.to('#a').send('say', i)
    const list = messages((await w.client(hub, 'alice')).join('#a'), 'say', { last: 5 })
    list.subscribe(() => {})
    await w.advance('1s')
    await list.older(wrong({ type: 'click' }))
    expect(list.snapshot().items).toHaveLength(30)
    list.send('say', 'hi', wrong(null))
    await w.settle()
    expect(list.snapshot().items.at(-1)).toMatchObject({ data: 'hi', state: 'stored' })
  }))
