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
        const variants = await this.#variants(scenario, nodes)
        if (variants.length === 0) continue
        if (scenario.fresh) await this.#measureFresh(scenario, variants)
        else await this.#measureKept(scenario, variants)
      }
    }
    return this.#rounds
  }

  async end() {
    const nodes = [...this.#nodes.values()].map((one) => one.end())
    const brokers = [...this.#brokers.values()].map(({ program }) => program.end())
    await Promise.all([this.#load?.end(), ...nodes, ...brokers])
  }

  /** The chosen contenders that have this number of nodes, and of a curve each at all points. */
  async #variants({ contenders, points = [null], settings = () => ({}) }, count) {
    const names = this.#options.contenders.filter((name) => contenders?.includes(name) ?? true)
    const all = await Promise.all(names.map(async (name) => ({ name, ...(await importContender(name)) })))
    return all
      .filter(({ nodes }) => nodes === count)
      .flatMap((contender) =>
        points.map((point) => ({
          ...contender,
          point,
          settings: settings(point),
          key: `${contender.name} ${point}`,
        })),
      )
  }

  /** The nodes live through all rounds. The first round warms up, and does not count. */
  async #measureKept(scenario, variants) {
    for (const variant of variants) {
      if (!this.#nodes.has(variant.key)) this.#nodes.set(variant.key, await this.#start(variant))
      await this.#ask('prepare', scenario, variant)
    }
    await this.#toggleProfile(scenario)
    for (let round = -1; round < this.#options.rounds; round++) {
      for (const variant of inTurn(variants, round)) {
        const result = await this.#measure(scenario, variant)
        if (round >= 0) this.#keep({ scenario, variant, round, result })
      }
      if (round >= 0) this.#tell(`${scenario.name}: round ${round + 1} of ${this.#options.rounds}`)
    }
    await this.#toggleProfile(scenario)
    for (const variant of variants) {
      await this.#ask('release', scenario, variant)
      if (variant.point !== null) await this.#end(variant)
    }
  }

  /** Each measurement has nodes of its own. */
  async #measureFresh(scenario, variants) {
    const rounds = Math.min(this.#options.freshRounds, scenario.rounds)
    for (let round = 0; round < rounds; round++) {
      for (const variant of inTurn(variants, round)) {
        const fresh = { ...variant, key: `${variant.key} fresh` }
        this.#nodes.set(fresh.key, await this.#start(fresh))
        await this.#ask('prepare', scenario, fresh)
        this.#keep({ scenario, variant, round, result: await this.#measure(scenario, fresh) })
        await this.#ask('release', scenario, fresh)
        await this.#end(fresh)
      }
      this.#tell(`${scenario.name}: round ${round + 1} of ${rounds}`)
    }
  }

  #keep({ scenario, variant: { name, point }, round, result }) {
    this.#rounds.push({ scenario: scenario.name, contender: name, point, round, ...result })
  }

  async #start(variant) {
    this.#tell(`starting ${variant.name}`)
    const broker = await this.#broker(variant.broker)
    return Nodes.start(variant, { broker, cpus: this.#placement.nodes })
  }

  async #end({ key }) {
    await this.#nodes.get(key).end()
    this.#nodes.delete(key)
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

  /** Starts or ends the profile of a contender's nodes, if the run was asked for it. */
  async #toggleProfile({ name }) {
    await this.#nodes.get(`${this.#options.profile} null`)?.toggleProfile(name)
  }

  async #measure(scenario, variant) {
    const nodes = this.#nodes.get(variant.key)
    const programs = { nodes, load: this.#load, withMemory: scenario.samplesMemory === true }
    const before = await sample(programs)
    const result = await this.#ask('measure', scenario, variant)
    const used = usedBetween(before, await sample(programs))
    await this.#ask('after', scenario, variant)
    return { ...result, ...used, others: used.others === null ? null : used.others / 1e6 / result.seconds }
  }

  async #ask(request, scenario, { key, name, point }) {
    const { ports } = this.#nodes.get(key)
    try {
      const input = { key, contender: name, scenario: scenario.name, ports, options: this.#options }
      return await this.#load.request(request, { ...input, point })
    } catch (cause) {
      throw new Error(`unable to measure ${name} in ${scenario.name}`, { cause })
    }
  }
}

/** Every second round goes backwards. */
const inTurn = (contenders, round) => (round % 2 === 0 ? contenders : contenders.toReversed())
