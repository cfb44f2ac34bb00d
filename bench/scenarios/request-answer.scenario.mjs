import { payload } from '../run/payload.mjs'
import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'

export const title = '100 clients: each has a request under way, which the server answers with its data'
export const nodes = [1]
export const cost = processorTime('request')
export const prepare = async (clients) => (await clients.open(100)).map(lane)
export const run = runLanes

function lane(client) {
  let asked = 0
  return {
    start(done) {
      client.onAnswers = done
      client.ask(payload(++asked))
    },
  }
}
