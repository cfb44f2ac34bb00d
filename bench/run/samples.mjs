import { cpuOfMachine } from './cpu.mjs'

/** Processor time so far, in microseconds, and bytes of memory if wanted. */
export async function sample({ nodes, load, withMemory }) {
  return {
    memory: withMemory ? await nodes.sum('memory') : null,
    nodes: await nodes.sum('cpu'),
    broker: nodes.broker === null ? null : await nodes.broker.request('cpu'),
    load: await load.request('cpu'),
    machine: cpuOfMachine(),
  }
}

/** The difference of two samples, and the processor time that other processes used between them. */
export function usedBetween(before, after) {
  const used = (name) => (before[name] === null || after[name] === null ? null : after[name] - before[name])
  const [memory, nodes, broker, load, machine] = ['memory', 'nodes', 'broker', 'load', 'machine'].map(used)
  return {
    ...{ memory, nodes, broker, load },
    others: machine === null ? null : machine - nodes - (broker ?? 0) - load,
  }
}
