import { expect, onTestFinished, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

/** Records the rejections that would end a Node process. */
function unhandled(): unknown[] {
  const rejections: unknown[] = []
  const record = (error: unknown): number => rejections.push(error)
  process.on('unhandledRejection', record)
  onTestFinished(() => void process.off('unhandledRejection', record))
  return rejections
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('operations that nobody awaits end no process when the application closes its client', () =>
  play(async (stage) => {
    const rejections = unhandled()
    const client = await stage.connected()
    void client.to('*').send('say', 'written')
    void client.call('rename', 'written')
    void client.history('#a')
    await stage.settle()
    void client.to('*').send('say', 'not written')

    client.close()
    await stage.settle()
    await turn()

    expect(rejections).toEqual([])
  }))

test('an operation that the application awaits still rejects', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const sent = stage.watch(client.to('*').send('say', 1))
    client.close()
    await stage.settle()
    expect(sent).toMatchObject({ state: 'rejected', error: { cause: { code: 'closed' } } })
  }))

test('an operation that nobody awaits is an unhandled rejection when the hub refuses it or ends the client', () =>
  play(async (stage) => {
    const rejections = unhandled()
    stage.hub.script['call'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
    const client = await stage.connected()
    void client.call('rename', 1)
    void client.to('*').send('say', 1)
    await stage.settle()

    stage.hub.at().close(4501)
    await stage.settle()
    await turn()

    expect(rejections).toMatchObject([{ code: 'forbidden' }, { cause: { code: 'unauthorized' } }])
  }))

test('a use after close() is an unhandled rejection, because it is a mistake', () =>
  play(async (stage) => {
    const rejections = unhandled()
    const client = await stage.connected()
    client.close()
    void client.to('*').send('say', 1)
    await turn()
    expect(rejections).toMatchObject([{ name: 'UsageError' }])
  }))
