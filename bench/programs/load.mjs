// The load: all clients of all contenders, in one process. A measurement runs one scenario against one contender.
import { importContender } from '../contenders/all.mjs'
import { Clients } from '../run/clients.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { answer } from './answer.mjs'

/** The clients of the present scenario, and the result of its `prepare`, by the key of the contender's nodes. */
const prepared = new Map()

answer({
  async prepare({ key, contender, scenario, ports, options, point }) {
    const { wire } = await importContender(contender)
    const { prepare } = await importScenario(scenario)
    const clients = new Clients({ wire, ports, options, point })
    prepared.set(key, { clients, context: await prepare?.(clients) })
  },
  async measure({ key, scenario, options }) {
    const { run } = await importScenario(scenario)
    const { clients, context } = prepared.get(key)
    return run(clients, context, options)
  },
  async after({ key, scenario }) {
    const { after } = await importScenario(scenario)
    await after?.(prepared.get(key).clients)
  },
  async release({ key }) {
    await prepared.get(key).clients.close()
    prepared.delete(key)
  },
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
