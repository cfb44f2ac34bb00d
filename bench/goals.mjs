/** The goals: how many times less processor time of the nodes a delivery takes than at another contender. */
export const goals = [
  { contender: 'chat-redis', scenario: 'round-trip', against: 'ws-redis', ratio: 1 },
  { contender: 'chat-redis', scenario: 'broadcast', against: 'ws-redis', ratio: 1 },
  { contender: 'chat-redis', scenario: 'burst-50', against: 'ws-redis', ratio: 6 },
  ...['round-trip', 'broadcast', 'burst-50'].flatMap((scenario) =>
    ['socket-io-redis', 'socket-io-redis-streams'].map((against) => ({
      ...{ contender: 'chat-redis', scenario, against, ratio: 1.5 },
    })),
  ),
]
