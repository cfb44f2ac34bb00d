/** The cost of a scenario: microseconds of the nodes' processor time for each of its units. */
export const processorTime = (unit) => ({
  label: `CPU µs a ${unit}`,
  of: ({ nodes, count }) => nodes / count,
})

/** The cost of a scenario: kilobytes of the node's memory for each of its units. */
export const memory = (unit) => ({ label: `kB a ${unit}`, of: ({ memory, count }) => memory / count / 1_000 })
