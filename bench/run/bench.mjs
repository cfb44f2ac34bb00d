// One run: measures all contenders in turn, round by round, so that a change of the machine's speed meets all of them.
import { importContender } from '../contenders/all.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { Nodes } from './nodes.mjs'
import { placement } from './placement.mjs'
import { Program } from './process.mjs'
import { sample, usedBetween } from './samples.mjs'

/** Returns the measurements of all rounds; `tell` is called with the progress. */
export async function bench(options, tell) {
  const running = new Running(placement(options.pin), { options, tell })
  let stopped = false
  const stop = () => {
    stopped = true
    void running.end().then(() => process.exit(130))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await running.measureAll()
  } catch (error) {
    // A measurement fails when the bench is stopped, which is no news.
    if (stopped) return await new Promise(() => {})
    throw error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await running.end()
  }
}

class Running {
  #placement
  #options
  #tell
  #brokers = new Map()
  /** The nodes of the contenders that keep them between scenarios. */
  #nodes = new Map()
  #load = null
  #rounds = []

  constructor(placed, { options, tell }) {
    this.#placement = placed
    this.#options = options
    this.#tell = tell
  }

  async measureAll() {
    this.#load = await Program.start('load', { cpus: this.#placement.load })
    for (const name of this.#options.scenarios) {
      const scenario = { name, ...(await importScenario(name)) }
      for (const nodes of scenario.nodes) {
        const contenders = await this.#withNodes(nodes)
        if (scenario.fresh) await this.#measureFresh(scenario, contenders)
        else await this.#profile(scenario, () => this.#measureKept(scenario, contenders))
      }
    }
    return this.#rounds
  }

  async end() {
    const nodes = [...this.#nodes.values()].map((one) => one.end())
    const brokers = [...this.#brokers.values()].map(({ program }) => program.end())
    await Promise.all([this.#load?.end(), ...nodes, ...brokers])
  }

  /** The chosen contenders that have this number of nodes. */
  async #withNodes(count) {
    const all = await Promise.all(
      this.#options.contenders.map(async (name) => ({ name, ...(await importContender(name)) })),
    )
    return all.filter(({ nodes }) => nodes === count)
  }

  /** The nodes live through all rounds. The first round warms up, and does not count. */
  async #measureKept(scenario, contenders) {
    for (const contender of contenders) {
      if (!this.#nodes.has(contender.name)) this.#nodes.set(contender.name, await this.#start(contender))
      await this.#ask('prepare', scenario, contender, this.#nodes.get(contender.name))
    }
    for (let round = -1; round < this.#options.rounds; round++) {
      for (const contender of inTurn(contenders, round)) {
        const result = await this.#measure(scenario, contender, this.#nodes.get(contender.name))
        if (round >= 0) this.#keep({ scenario, contender, round, result })
      }
      if (round >= 0) this.#tell(`${scenario.name}: round ${round + 1} of ${this.#options.rounds}`)
    }
    for (const contender of contenders) await this.#ask('release', scenario, contender)
  }

  /** Each measurement has nodes of its own. */
  async #measureFresh(scenario, contenders) {
    const rounds = this.#options.quick ? 1 : Math.min(this.#options.rounds, scenario.rounds)
    for (let round = 0; round < rounds; round++) {
      for (const contender of inTurn(contenders, round)) {
        const nodes = await this.#start(contender)
        try {
          await this.#ask('prepare', scenario, contender, nodes)
          this.#keep({ scenario, contender, round, result: await this.#measure(scenario, contender, nodes) })
          await this.#ask('release', scenario, contender)
        } finally {
          await nodes.end()
        }
      }
      this.#tell(`${scenario.name}: round ${round + 1} of ${rounds}`)
    }
  }

  #keep({ scenario, contender, round, result }) {
    this.#rounds.push({ scenario: scenario.name, contender: contender.name, round, ...result })
  }

  async #start(contender) {
    this.#tell(`starting ${contender.name}`)
    const broker = await this.#broker(contender.broker)
    return Nodes.start(contender, { broker, cpus: this.#placement.nodes })
  }

  async #broker(name) {
    if (name === null) return null
    if (!this.#brokers.has(name)) {
      const program = await Program.start('broker')
      const url = await program.request('start', { name, cpus: this.#placement.broker })
      this.#brokers.set(name, { program, urls: { [name]: url } })
    }
    return this.#brokers.get(name)
  }

  /** Profiles the nodes of a contender during `work`, if the run was asked to. */
  async #profile(scenario, work) {
    const toggle = () => this.#nodes.get(this.#options.profile)?.toggleProfile(scenario.name)
    await toggle()
    await work()
    await toggle()
  }

  async #measure(scenario, contender, nodes) {
    const programs = { nodes, load: this.#load, withMemory: scenario.samplesMemory === true }
    const before = await sample(programs)
    const result = await this.#ask('measure', scenario, contender)
    const used = usedBetween(before, await sample(programs))
    await this.#ask('after', scenario, contender)
    return { ...result, ...used, others: used.others === null ? null : used.others / 1e6 / result.seconds }
  }

  async #ask(request, scenario, contender, nodes) {
    const input = { contender: contender.name, scenario: scenario.name, ports: nodes?.ports }
    try {
      return await this.#load.request(request, { ...input, options: this.#options })
    } catch (cause) {
      throw new Error(`unable to measure ${contender.name} in ${scenario.name}`, { cause })
    }
  }
}

/** Every second round goes backwards. */
const inTurn = (contenders, round) => (round % 2 === 0 ? contenders : contenders.toReversed())
