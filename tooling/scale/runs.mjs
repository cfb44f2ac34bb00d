/** Runs of the simulation of scale, by the name of the experiment. The last of each is the largest. */
export const runs = {
  'hot-room': [
    ...[1, 2, 5, 10, 20, 50].map((nodesWithMembers) => ({ nodes: 50, members: 1_000, nodesWithMembers })),
    ...[10, 100, 10_000].map((members) => ({
      nodes: 50,
      members,
      nodesWithMembers: Math.min(50, members),
    })),
  ],
  addresses: [
    ...['lossy', 'connected'].flatMap((hints) =>
      [1_000, 10_000, 100_000].map((addresses) => ({ nodes: 50, addresses, copies: 1, hints })),
    ),
    ...[2, 5, 10].map((copies) => ({ nodes: 50, addresses: 10_000, copies, hints: 'connected' })),
    { nodes: 50, addresses: 1_000_000, copies: 1, hints: 'connected' },
  ],
  storm: [
    ...[100, 1_000, 3_000].map((sessions) => ({ nodes: 50, sessions })),
    ...[2, 10, 20].map((nodes) => ({ nodes, sessions: 1_000 })),
    { nodes: 50, sessions: 10_000 },
  ],
  deploy: [
    ...[5, 10, 20].map((nodes) => ({ nodes, sessions: nodes * 20, atOnce: 1 })),
    ...[5, 10, 25].map((atOnce) => ({ nodes: 50, sessions: 1_000, atOnce })),
    { nodes: 50, sessions: 1_000, atOnce: 1 },
  ],
  failover: [1_000, 10_000, 100_000].map((addresses) => ({ nodes: 50, addresses })),
  presence: [10, 50, 100, 190, 1_000, 3_000].map((members) => ({ nodes: 50, members })),
}
