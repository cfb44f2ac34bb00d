import { VirtualTime } from '@chat/testing'
import { expect, test } from 'vitest'
import { ServerClock } from '../../src/connection/server-clock.ts'

test('the clock of the server is known to half of the shortest measurement, whatever the clocks say', async () => {
  const time = new VirtualTime()
  const runtime = time.runtime('node')
  const clock = new ServerClock(runtime)
  const server = (): number => 5_000_000 + time.now
  const durations = [80, 10, 40]
  const measured = clock.measure(async () => {
    const duration = durations.shift() ?? 0
    await new Promise<void>((resolve) => runtime.timer(duration, resolve))
    // The server stamps at the beginning: the worst case.
    return server() - duration
  })
  await time.advance(200)
  await measured
  expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(5)
  await time.advance(60_000)
  expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual(5)
})
