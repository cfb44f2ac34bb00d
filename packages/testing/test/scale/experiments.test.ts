import { expect, test } from 'vitest'
import { measureAddresses } from '../../scenarios/scale/experiments/addresses.ts'
import { measureDeploy } from '../../scenarios/scale/experiments/deploy.ts'
import { measureFailover } from '../../scenarios/scale/experiments/failover.ts'
import { measureHotRoom } from '../../scenarios/scale/experiments/hot-room.ts'
import { measurePresence } from '../../scenarios/scale/experiments/presence.ts'
import { measureStorm } from '../../scenarios/scale/experiments/storm.ts'

test('a message is one append, and one delivery for each node with members', async () => {
  const { sending, messages } = await measureHotRoom({ nodes: 5, members: 30, nodesWithMembers: 3 })
  expect(sending.operations['append']?.calls).toBe(messages)
  expect(sending.deliveries['tail']?.calls).toBe(3 * messages)
})

test('idle addresses are compared with the log in lots, and more often when hints may be lost', async () => {
  const size = { nodes: 3, addresses: 300, copies: 1 }
  const safe = await measureAddresses({ ...size, hints: 'connected' })
  const lossy = await measureAddresses({ ...size, hints: 'lossy' })
  expect(safe.idle.operations['read']).toBeUndefined()
  const lots = ({ idle }: typeof safe): number => idle.operations['heads']?.calls ?? 0
  expect(lots(lossy)).toBeGreaterThan(5 * lots(safe))
  expect(lossy.idle.logs['heads']?.calls).toBeGreaterThan(20 * lots(lossy))
})

test('in a storm every session resumes without a gap, and only the nodes that held them are told', async () => {
  const { resumed, gaps, storm } = await measureStorm({ nodes: 8, sessions: 60 })
  expect(resumed).toBe(60)
  expect(gaps).toBe(0)
  expect(storm.operations['sessions.take']?.calls).toBe(60)
  expect(storm.deliveries['subscribe']?.calls).toBeLessThanOrEqual(60)
})

test('a rolling deploy moves every session, and tells no gap', async () => {
  const { moves, gaps } = await measureDeploy({ nodes: 4, sessions: 40, atOnce: 1 })
  expect(moves).toBeGreaterThanOrEqual(40)
  expect(gaps).toBe(0)
})

test('after a failover every node compares its addresses, and messages flow', async () => {
  const { arrived, recovery } = await measureFailover({ nodes: 3, addresses: 300 })
  expect(arrived).toBeLessThan(5_000)
  expect(recovery.deliveries['tail']?.calls).toBeGreaterThanOrEqual(3)
})

test('a change of membership is one operation, and one delivery for each node of the room', async () => {
  const { entering, changes } = await measurePresence({ nodes: 4, members: 8 })
  expect(entering.operations['presence.enter']?.calls).toBe(changes)
  expect(entering.deliveries['presence.watch']?.calls).toBe(4 * changes)
})

test('the same size gives the same counts', async () => {
  const size = { nodes: 3, sessions: 20 }
  expect(await measureStorm(size)).toEqual(await measureStorm(size))
})
