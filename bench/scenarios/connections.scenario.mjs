import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'
import { openPairs } from './point-to-point.scenario.mjs'

export const title = 'A message between 50 pairs of users, beside connections that are silent'
export const axis = 'connections'
export const points = [1_000, 3_000, 10_000]
export const contenders = ['chat']
export const nodes = [1]
export const cost = processorTime('message')

export async function prepare(clients) {
  await clients.open(clients.point - 100)
  return openPairs(clients, 50)
}

export const run = runLanes
