import { type Client, type Runtime, systemRuntime } from '@chat/core'
import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../src/index.ts'
import { type Chat, eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'

/** A runtime whose long timers never fire, so that only a hint of the page can end a wait. */
const patient: Runtime = {
  ...systemRuntime,
  timer: (delay, callback) => (delay < 50 ? systemRuntime.timer(delay, callback) : () => {}),
}

async function start(
  timeouts: Parameters<typeof call<'startHub'>>[1] = {},
  runtime: Runtime = systemRuntime,
): Promise<{ hub: string; client: Client<Chat> }> {
  const hub = await call('startHub', timeouts)
  const client = connect<Chat>(urlOf(hub), { token: 'alice', runtime })
  onTestFinished(async () => {
    client.close()
    await call('stopHub', hub)
  })
  await reaches(client, 'connected')
  return { hub, client }
}

/** Makes the hub unreachable until the client waits for its next attempt. */
async function lost(hub: string, client: Client<Chat>): Promise<void> {
  await call('refuse', hub)
  await call('reset', hub)
  await reaches(client, 'reconnecting')
  await call('admit', hub)
}

it('comes back after the server has dropped it, and misses no message', async () => {
  const { hub, client } = await start()
  const room = client.join('#lobby')
  const heard: string[] = []
  room.on('say', ({ text }) => heard.push(text))
  room.on('$gap', () => heard.push('a gap'))
  await room.ready
  await call('say', hub, '#lobby', 'say', { text: 'before' })
  await call('reset', hub)
  for (const text of ['meanwhile', 'and then']) await call('say', hub, '#lobby', 'say', { text })
  await reaches(client, 'reconnecting')
  const sent = room.send('say', { text: 'from here' })
  await sent
  await eventually(() => expect(heard).toEqual(['before', 'meanwhile', 'and then', 'from here']))
})

it('connects at once when the browser comes online', async () => {
  const { hub, client } = await start({}, patient)
  await lost(hub, client)
  dispatchEvent(new Event('online'))
  await reaches(client, 'connected')
})

it('connects at once when the tab comes to the foreground', async () => {
  const { hub, client } = await start({}, patient)
  await lost(hub, client)
  document.dispatchEvent(new Event('visibilitychange'))
  await reaches(client, 'connected')
})

it('connects at once when the page comes out of the back/forward cache', async () => {
  const { hub, client } = await start({}, patient)
  await lost(hub, client)
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  await reaches(client, 'connected')
})

it.each(['online', 'offline', 'pageshow', 'visibilitychange'])(
  'finds out at %s that its connection is dead, and replaces it',
  async (type) => {
    // Without the hint the client would detect the loss after a minute.
    const { hub, client } = await start({ heartbeat: 29_000, heartbeatGrace: 500 })
    await call('freeze', hub)
    const event = type === 'pageshow' ? new PageTransitionEvent(type, { persisted: true }) : new Event(type)
    const target = type === 'visibilitychange' ? document : globalThis
    target.dispatchEvent(event)
    await reaches(client, type === 'offline' ? 'offline' : 'reconnecting')
    await reaches(client, 'connected')
  },
)
