import { expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { stage } from '../../support/stage.ts'

const never = () => new Promise<never>(() => {})

/** Delays of the timers that would keep the process of a hub. */
function holdingStage(options: object) {
  const holding: number[] = []
  const s = stage({ ...options, onTimer: (delay, purpose) => purpose !== 'upkeep' && holding.push(delay) })
  s.hub.handle('wait', never)
  return { s, holding }
}

test('an `authenticate` that never answers keeps no process', async () => {
  const { s, holding } = holdingStage({ authenticate: never })
  const alice = await s.open()
  await alice.say(hello('alice'))
  expect(holding).not.toContain(10_000)
})

test('an `authorize` that never answers keeps no process', async () => {
  const { s, holding } = holdingStage({ authorize: never })
  const alice = await s.client('alice')
  await alice.say(['join', 1, '#room'])
  expect(holding).not.toContain(10_000)
})

test('a handler that never answers keeps no process', async () => {
  const { s, holding } = holdingStage({})
  const alice = await s.client('alice')
  await alice.say(['call', 1, 'wait', null])
  expect(holding).not.toContain(30_000)
})
