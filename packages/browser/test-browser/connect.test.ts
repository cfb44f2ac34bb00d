import { type Client, handleAsk, UsageError } from '@chat/core'
import { expect, it, onTestFinished } from 'vitest'
import { type ConnectOptions, connect } from '../src/index.ts'
import { type Chat, eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'

async function startHub(): Promise<string> {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  return hub
}

function client(
  hub: string,
  token: ConnectOptions['token'],
  options: ConnectOptions<Chat> = {},
): Client<Chat> {
  const made = connect<Chat>(urlOf(hub), { token, ...options } as ConnectOptions<Chat>)
  onTestFinished(() => made.close())
  return made
}

it('joins a room, sends, and receives the messages of the room', async () => {
  const hub = await startHub()
  const [alice, bob] = [client(hub, 'alice'), client(hub, 'bob')]
  const [here, there] = [alice.join('#lobby'), bob.join('#lobby')]
  const heard: unknown[] = []
  there.on('say', ({ text }, { from, position, address }) => heard.push([text, from, position?.[1], address]))
  await Promise.all([here.ready, there.ready])
  const { position } = await here.send('say', { text: 'hi 👋\u2028' })
  const at = position[1]
  await here.send('say', { text: 'again' })
  await eventually(() => expect(heard).toHaveLength(2))
  expect(heard).toEqual([
    ['hi 👋\u2028', 'alice', at, '#lobby'],
    ['again', 'alice', at + 1, '#lobby'],
  ])
})

it('sends to a user, and receives messages to its own user', async () => {
  const hub = await startHub()
  const [alice, bob] = [client(hub, 'alice'), client(hub, 'bob')]
  const heard: unknown[] = []
  bob.on('dm', ({ text }, { from }) => heard.push([from, text]))
  alice.on('dm', () => heard.push('alice heard it'))
  await reaches(bob, 'connected')
  await alice.to('@bob').send('dm', { text: 'psst' })
  await call('say', hub, '@bob', 'dm', { text: 'from the hub' })
  await eventually(() => expect(heard).toHaveLength(2))
  expect(heard).toEqual([
    ['alice', 'psst'],
    [null, 'from the hub'],
  ])
})

it('calls the hub, and answers an ask of the hub', async () => {
  const hub = await startHub()
  const alice = client(hub, 'alice')
  handleAsk(alice, 'confirm', ({ question }) => question === 'Still there?')
  expect(await alice.call('double', 21)).toBe(42)
  expect(await call('ask', hub, '@alice', 'confirm', { question: 'Still there?' })).toBe(true)
  expect(await call('ask', hub, '@alice', 'confirm', { question: 'Gone?' })).toBe(false)
})

it('fetches its token with a function, before each connection', async () => {
  const hub = await startHub()
  let fetched = 0
  const alice = client(hub, async () => {
    fetched++
    return 'alice'
  })
  await reaches(alice, 'connected')
  expect([alice.user, fetched]).toEqual(['alice', 1])
  await call('reset', hub)
  await reaches(alice, 'reconnecting')
  await reaches(alice, 'connected')
  expect([alice.user, fetched]).toEqual(['alice', 2])
})

it('is closed for good when the hub refuses it', async () => {
  const nobody = client(await startHub(), null)
  const errors: unknown[] = []
  nobody.on('$status', ({ error }) => errors.push(error?.code))
  await reaches(nobody, 'closed')
  expect(errors.at(-1)).toBe('unauthorized')
})

it('leaves no connection behind when it is closed', async () => {
  const hub = await startHub()
  const alice = client(hub, 'alice')
  await reaches(alice, 'connected')
  expect(await call('connections', hub)).toBe(1)
  alice.close()
  await eventually(async () => expect(await call('connections', hub)).toBe(0))
})

it('leaves no connection behind when it is closed while it connects', async () => {
  const hub = await startHub()
  client(hub, 'alice').close()
  const later = client(hub, 'alice')
  await Promise.resolve()
  later.close()
  await eventually(async () => expect(await call('connections', hub)).toBe(0))
})

it('takes a path that belongs to the page', async () => {
  // No hub listens at this path. The test only needs an attempt of the browser, which fails.
  const lost = connect('/no-hub-here', { connectTimeout: 300 })
  onTestFinished(() => lost.close())
  await reaches(lost, 'reconnecting')
})

it('refuses a URL where no hub can be, at once', () => {
  expect(() => connect('ftp://hub.example/')).toThrow(UsageError)
})

it('works in a worker', async () => {
  const hub = await startHub()
  const worker = new Worker(new URL('./support/worker.ts', import.meta.url), { type: 'module' })
  onTestFinished(() => worker.terminate())
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
  })
  worker.postMessage(urlOf(hub))
  expect(await answer).toBe(42)
})
