import { expect, test } from 'vitest'
import { play, type Stage } from '../../support/fake-hub.ts'

const casts = (stage: Stage): unknown[][] =>
  stage.hub
    .at()
    .of('cast')
    .map(([, address, , data]) => [address, data])

test('a cast that waits for a connection is not delivered after a message that was sent later to its address', () =>
  play(async (stage) => {
    stage.hub.storeSends()
    const client = await stage.connected()
    stage.hub.at().cut()
    await stage.advance(0)
    client.to('#a').cast('typing', true, { key: 'typing' })
    client.to('#ab').cast('typing', true, { key: 'typing' })
    const sent = stage.watch(client.to('#a').send('say', 'hi'))
    await stage.advance(3_000)
    expect(sent.state).toBe('resolved')
    expect(casts(stage)).toEqual([['#ab', true]])
  }))

test('a cast that is made after the message is still written on the next connection', () =>
  play(async (stage) => {
    stage.hub.storeSends()
    const client = await stage.connected()
    stage.hub.at().cut()
    await stage.advance(0)
    client.to('#a').cast('typing', 'before', { key: 'typing' })
    stage.watch(client.to('#a').send('say', 'hi'))
    client.to('#a').cast('typing', 'after', { key: 'typing' })
    await stage.advance(3_000)
    expect(casts(stage)).toEqual([['#a', 'after']])
  }))
