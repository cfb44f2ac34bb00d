// The load: all clients of all contenders, in one process. A measurement runs one scenario against one contender.
import { importContender } from '../contenders/all.mjs'
import { Clients } from '../run/clients.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { answer } from './answer.mjs'

/** The clients of the present scenario, and what it has prepared, by contender. */
const prepared = new Map()

answer({
  async prepare({ contender, scenario, ports, options }) {
    const { wire } = await importContender(contender)
    const { prepare } = await importScenario(scenario)
    const clients = new Clients({ wire, ports, options })
    prepared.set(contender, { clients, context: await prepare?.(clients) })
  },
  async measure({ contender, scenario, options }) {
    const { run } = await importScenario(scenario)
    const { clients, context } = prepared.get(contender)
    return run(clients, context, options)
  },
  async after({ contender, scenario }) {
    const { after } = await importScenario(scenario)
    const { clients, context } = prepared.get(contender)
    await after?.(clients, context)
  },
  async release({ contender }) {
    await prepared.get(contender).clients.close()
    prepared.delete(contender)
  },
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
