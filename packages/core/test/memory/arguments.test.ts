import { Hub, type HubError, systemRuntime, UsageError } from '@chat/core'
import { MemoryBackplane, MemoryNetwork, MemoryStore } from '@chat/core/memory'
import { expect, test } from 'vitest'

/** A value as plain JavaScript passes it: the compiler does not check it. */
const untyped = (value?: unknown): never => value as never

const network = new MemoryNetwork(systemRuntime)
const store = new MemoryStore(systemRuntime)
const hub = { subprotocols: [], accept() {} }

test.each<[string, () => unknown, string]>([
  [
    'new MemoryStore()',
    () => new MemoryStore(untyped()),
    'make the store: the first argument is undefined, not a runtime; write `new MemoryStore(systemRuntime)`',
  ],
  [
    'new MemoryStore({})',
    () => new MemoryStore(untyped({})),
    'make the store: the first argument is an instance of Object, not a runtime',
  ],
  [
    'a store with an option that does not exist',
    () => new MemoryStore(systemRuntime, untyped({ size: 1 })),
    "make the store: there is no option 'size'; the options are retention, bytes, dedupeWindow, sessions, observe",
  ],
  [
    'a store with a text as its size',
    () => new MemoryStore(systemRuntime, untyped({ bytes: '1' })),
    'make the store: the option \'bytes\' is "1"; give a number of at least 0',
  ],
  [
    'a store with a misspelt option',
    () => new MemoryStore(systemRuntime, untyped({ byts: 1 })),
    "make the store: there is no option 'byts'; the options are retention, bytes, dedupeWindow, sessions, observe; did you mean 'bytes'?",
  ],
  [
    'a store with a retention that does not exist',
    () => new MemoryStore(systemRuntime, untyped({ retention: { days: 3 } })),
    "make the store: there is no option 'retention.days'; the options are count, bytes, age",
  ],
  [
    'a store with a text as its age',
    () => new MemoryStore(systemRuntime, untyped({ retention: { age: '1h' } })),
    'make the store: the option \'retention.age\' is "1h"; give a number of at least 0',
  ],
  [
    'a store with a text as its retention',
    () => new MemoryStore(systemRuntime, untyped({ retention: 'all' })),
    'make the store: the option \'retention\' is not an object, but "all"',
  ],
  [
    'a backplane with a network that is none',
    () => new MemoryBackplane(store, untyped({ network: {} })),
    "make the backplane: the option 'network' must be a runtime, with the functions now, wallTime, timer, defer, random, id, but is an instance of Object",
  ],
  [
    'a backplane with a number as a fault',
    () => new MemoryBackplane(store, untyped({ faults: { hints: 0 } })),
    "make the backplane: the option 'faults.hints' must be a function, but is 0",
  ],
  [
    'new MemoryBackplane()',
    () => new MemoryBackplane(untyped()),
    'make the backplane: the first argument is undefined, not a store; write `new MemoryBackplane(new MemoryStore(systemRuntime))`',
  ],
  [
    'a backplane with an option that does not exist',
    () => new MemoryBackplane(store, untyped({ delay: 1 })),
    "make the backplane: there is no option 'delay'; the options are latency, network, runtime, faults",
  ],
  [
    'a backplane with a number as its latency',
    () => new MemoryBackplane(store, untyped({ latency: 5 })),
    "make the backplane: the option 'latency' is 5; give a function",
  ],
  [
    'a backplane with a fault that does not exist',
    () => new MemoryBackplane(store, untyped({ faults: { lose: () => true } })),
    "make the backplane: there is no option 'faults.lose'; the options are loseAnswer, hints",
  ],
  [
    'new MemoryNetwork()',
    () => new MemoryNetwork(untyped()),
    'make the network: the first argument is undefined, not a runtime; write `new MemoryNetwork(systemRuntime)`',
  ],
  [
    'a network with an option that does not exist',
    () => new MemoryNetwork(systemRuntime, untyped({ delay: 1 })),
    "make the network: there is no option 'delay'; the options are latency",
  ],
  [
    'a link with a number as its latency',
    () => network.link(untyped({ latency: 5 })),
    "make the link: the option 'latency' is 5; give a function",
  ],
  [
    'a dialer without a name',
    () => network.dialer(untyped()),
    'make the dialer: the name is undefined; give the name of a hub, a text',
  ],
  [
    'a dialer with an option that does not exist',
    () => network.dialer('hub', untyped({ cookie: 'a=1' })),
    "make the dialer: there is no option 'cookie'; the options are link, path, params, query, headers, cookies",
  ],
  [
    'a dialer with a link that is none',
    () => network.dialer('hub', untyped({ link: {} })),
    "make the dialer: the option 'link' is an instance of Object; give a link that `network.link()` returned",
  ],
  [
    'listening without a hub',
    () => network.listen('hub', untyped()),
    "listen at 'hub': the second argument is undefined, not a hub; write `network.listen('hub', hub)`",
  ],
])('%s is an error that says what to do', (_, call, message) => {
  expect(call).toThrow(UsageError)
  expect(call).toThrow(`unable to ${message}`)
})

test('a second hub cannot listen under the same name', () => {
  const stop = network.listen('taken', hub)
  expect(() => network.listen('taken', hub)).toThrow(
    "unable to listen at 'taken': another hub listens there; choose another name",
  )
  stop()
})

test.each<[unknown, string]>([
  ['all', 'not an object, but "all"'],
  [null, 'not an object, but null'],
  [{ days: 4 }, "there is no option 'retention.days'; the options are count, bytes, age"],
  [{ count: '5' }, 'the option \'retention.count\' is "5"; give a number of at least 0'],
  [{ age: Number.NaN }, "the option 'retention.age' is NaN; give a number of at least 0"],
])(
  'a function that answers with the retention %j has its error in $error, and the log is kept by default',
  async (answer, message) => {
    const hub = new Hub({ log: { retention: () => untyped(answer) } })
    const errors: HubError[] = []
    hub.on('$error', (error) => errors.push(error))
    await hub.to('#a').send('say', 'hi')
    expect((await hub.to('#a').history()).messages).toHaveLength(1)
    expect(errors[0]).toMatchObject({ source: 'backplane', subject: '#a' })
    expect(String(errors[0]?.error)).toContain('unable to read the retention of #a: ')
    expect(String(errors[0]?.error)).toContain(message)
    await hub.close()
  },
)

test('a function that answers without a retention leaves the log to the default', async () => {
  const hub = new Hub({ log: { retention: () => untyped(undefined) } })
  const errors: HubError[] = []
  hub.on('$error', (error) => errors.push(error))
  await hub.to('#a').send('say', 'hi')
  expect(errors).toEqual([])
  await hub.close()
})
