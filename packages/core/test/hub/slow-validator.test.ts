import { contract, Hub, type HubError, systemRuntime } from '@chat/core'
import { expect, test, vi } from 'vitest'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'

/** A validator that lets a time pass, by a clock of the test. */
class SlowClock {
  now = 0

  schema(time: number) {
    const validate = (value: unknown): { readonly value: unknown } => {
      this.now += time
      return { value }
    }
    return { '~standard': { version: 1 as const, vendor: 'test', validate } }
  }
}

test('a validator that holds up the hub is named in $error, once', async () => {
  const clock = new SlowClock()
  const hub = new Hub({
    contract: contract({
      events: { slow: clock.schema(92), fast: clock.schema(1) },
      calls: { sum: { input: clock.schema(1), output: clock.schema(30) } },
    }),
    authenticate: () => ({ id: 'alice' }),
    authorize: () => true,
    runtime: { ...systemRuntime, now: () => clock.now },
  })
  const errors: HubError[] = []
  hub.on('$error', (error) => errors.push(error))
  hub.handle('sum', () => 1 as never)
  const connection = new ScriptedConnection()
  hub.accept(connection, nobody)
  connection.deliver('["hello",{"v":[1,1]}]')
  await new Promise(setImmediate)
  for (let ref = 1; ref <= 10; ref++)
    connection.deliver(`["send",${ref},"#a","${ref % 2 ? 'slow' : 'fast'}",1]`)
  for (let ref = 11; ref <= 15; ref++) connection.deliver(`["call",${ref},"sum",1]`)
  // A slow validator takes more than a turn of the event loop.
  await vi.waitFor(() => expect(connection.frames.filter(([type]) => type === 'ok')).toHaveLength(15))
  expect(errors.map(({ source, subject }) => [source, subject])).toEqual([
    ['handler', 'slow'],
    ['handler', 'sum'],
  ])
  expect(String(errors[0]?.error)).toContain('took 92 ms')
  connection.lose()
  await hub.close()
})
