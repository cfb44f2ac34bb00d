// One run: starts all contenders, and measures them in turn, round by round, so that a change of the machine's
// speed meets all of them.
import { importContender } from '../contenders/all.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { cpuOfMachine } from './cpu.mjs'
import { placement } from './placement.mjs'
import { Program } from './process.mjs'

/** Returns the measurements of all rounds; `tell` is called with the progress. */
export async function bench(options, tell) {
  const running = new Running(placement(options.pin), options)
  let stopped = false
  const stop = () => {
    stopped = true
    void running.end().then(() => process.exit(130))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    await running.start(tell)
    return await running.measureAll(tell)
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
  #brokers = new Map()
  #nodes = new Map()
  #load = null
  #programs = []
  #places = new Set()

  constructor(placed, options) {
    this.#placement = placed
    this.#options = options
  }

  async start(tell) {
    this.#load = await this.#program('load', { cpus: this.#placement.load })
    for (const name of this.#options.contenders) {
      const contender = await importContender(name)
      tell(`starting ${name}`)
      const urls = await this.#broker(contender.broker)
      await this.#startContender(name, { contender, urls })
    }
  }

  async measureAll(tell) {
    const rounds = []
    for (const scenario of this.#options.scenarios) {
      await this.#profile(scenario, () => this.#measureRounds(scenario, rounds, tell))
    }
    return rounds
  }

  async #measureRounds(scenario, rounds, tell) {
    for (let round = -1; round < this.#options.rounds; round++) {
      // The first round warms up and does not count. Every second round goes backwards.
      const order = round % 2 === 0 ? this.#options.contenders : this.#options.contenders.toReversed()
      for (const contender of order) {
        const seconds = round < 0 ? Math.min(1, this.#options.seconds) : this.#options.seconds
        const result = await this.#measure(scenario, contender, seconds)
        if (round >= 0) rounds.push({ scenario, contender, round, ...result })
      }
      if (round >= 0) tell(`${scenario}: round ${round + 1} of ${this.#options.rounds}`)
    }
  }

  /** Profiles the nodes of a contender during `work`, if the run was asked to. */
  async #profile(scenario, work) {
    const nodes = this.#nodes.get(this.#options.profile)?.nodes ?? []
    const toggle = () =>
      Promise.all(
        nodes.map((node, i) => node.request('profile', `.bench/${scenario}-node-${i + 1}.cpuprofile`)),
      )
    await toggle()
    await work()
    await toggle()
  }

  async end() {
    await Promise.all(this.#programs.splice(0).map((program) => program.end()))
  }

  async #broker(name) {
    if (name === null) return {}
    if (!this.#brokers.has(name)) {
      const program = await this.#program('broker')
      const url = await program.request('start', { name, cpus: this.#placement.broker })
      this.#brokers.set(name, { program, urls: { [name]: url } })
    }
    return this.#brokers.get(name).urls
  }

  async #startContender(name, { contender, urls }) {
    const nodes = []
    for (let i = 0; i < contender.nodes; i++) {
      nodes.push(await this.#program('node', { cpus: this.#placement.nodes[i] }))
    }
    const ports = []
    for (const node of nodes)
      ports.push(await node.request('serve', { contender: name, urls, prefix: `bench-${name}` }))
    this.#nodes.set(name, { nodes, broker: this.#brokers.get(contender.broker)?.program ?? null })
    for (const scenario of this.#options.scenarios) {
      const { place } = await importScenario(scenario)
      const key = `${name} ${place.name}`
      if (this.#places.has(key)) continue
      this.#places.add(key)
      await this.#load.request('connect', { contender: name, scenario, ports, options: this.#options })
    }
  }

  async #measure(scenario, contender, seconds) {
    const before = await this.#cpu(contender)
    const result = await this.#load.request('measure', { contender, scenario, seconds }).catch((cause) => {
      throw new Error(`unable to measure ${contender} in ${scenario}`, { cause })
    })
    const after = await this.#cpu(contender)
    const used = (name) => (before[name] === null ? null : after[name] - before[name])
    const [nodes, broker, load] = ['nodes', 'broker', 'load'].map(used)
    const others = used('machine') === null ? null : used('machine') - nodes - (broker ?? 0) - load
    return { ...result, nodes, broker, load, others: others === null ? null : others / 1e6 / result.seconds }
  }

  /** Processor time so far, in microseconds. */
  async #cpu(contender) {
    const { nodes, broker } = this.#nodes.get(contender)
    const each = await Promise.all(nodes.map((node) => node.request('cpu')))
    return {
      nodes: each.reduce((sum, one) => sum + one, 0),
      broker: broker === null ? null : await broker.request('cpu'),
      load: await this.#load.request('cpu'),
      machine: cpuOfMachine(),
    }
  }

  async #program(name, options) {
    const program = await Program.start(name, options)
    this.#programs.push(program)
    return program
  }
}
