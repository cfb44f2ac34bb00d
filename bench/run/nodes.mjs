import { Program } from './process.mjs'

/** The running nodes of a contender. */
export class Nodes {
  /** The port of each node. */
  ports = []
  /** The broker's program; `null` for a contender without a broker. */
  broker
  #programs = []

  static async start({ name, nodes: count, runtime, settings }, { broker, cpus }) {
    const nodes = new Nodes(broker?.program ?? null)
    for (let i = 0; i < count; i++) {
      const program = await Program.start('node', { cpus: cpus[i], runtime })
      nodes.#programs.push(program)
      const input = { contender: name, urls: broker?.urls ?? {}, prefix: `bench-${name}`, settings }
      nodes.ports.push(await program.request('serve', input))
    }
    return nodes
  }

  constructor(broker) {
    this.broker = broker
  }

  /** The sum of the nodes' answers, such as their processor time. */
  async sum(request) {
    const each = await Promise.all(this.#programs.map((program) => program.request(request)))
    return each.reduce((sum, one) => sum + one, 0)
  }

  /** Starts a CPU profile of each node, or ends it and writes it to `.bench/`. */
  async toggleProfile(name) {
    await Promise.all(
      this.#programs.map((program, i) =>
        program.request('profile', `.bench/${name}-node-${i + 1}.cpuprofile`),
      ),
    )
  }

  async end() {
    await Promise.all(this.#programs.splice(0).map((program) => program.end()))
  }
}
