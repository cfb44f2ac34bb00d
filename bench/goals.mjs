/**
 * The goals. With `against`: how many times less a unit must cost than at another contender (`least`), or how many
 * times as long the 99th percentile may be (`most`, with `p99`). With `growth`: how many times as much the last point of
 * a curve may cost as the first. Else the cost of a unit at most.
 */
export const goals = [
  { contender: 'chat', scenario: 'broadcast', against: 'ws', least: 1.25 },
  { contender: 'chat', scenario: 'burst-10', against: 'ws', least: 12 },
  { contender: 'chat', scenario: 'burst-50', against: 'ws', least: 45 },
  { contender: 'chat', scenario: 'point-to-point', against: 'ws', least: 0.82 },
  { contender: 'chat', scenario: 'point-to-point', against: 'ws-ack', least: 1.05 },
  { contender: 'chat', scenario: 'point-to-point', against: 'socket-io-ack', least: 1.6 },
  { contender: 'chat', scenario: 'point-to-point', against: 'ws', p99: true, most: 1.5 },
  { contender: 'chat', scenario: 'request-answer', against: 'ws', least: 1.05 },
  { contender: 'chat', scenario: 'accept', against: 'ws', least: 0.45 },
  { contender: 'chat', scenario: 'accept', against: 'socket-io-ack', least: 1.2 },
  { contender: 'chat', scenario: 'idle-memory', most: 9.5 },
  { contender: 'chat-bun', scenario: 'broadcast', against: 'bun', least: 0.9 },
  ...['addresses', 'connections', 'log-length', 'idle-cpu'].map((scenario) => ({
    ...{ contender: 'chat', scenario, growth: true, most: 1.3 },
  })),
  { contender: 'chat-redis', scenario: 'round-trip', against: 'ws-redis', least: 1 },
  { contender: 'chat-redis', scenario: 'broadcast', against: 'ws-redis', least: 1 },
  { contender: 'chat-redis', scenario: 'burst-50', against: 'ws-redis', least: 6 },
  ...['round-trip', 'broadcast', 'burst-50'].flatMap((scenario) =>
    ['socket-io-redis', 'socket-io-redis-streams'].map((against) => ({
      ...{ contender: 'chat-redis', scenario, against, least: 1.5 },
    })),
  ),
]

/** The goals of pages: the size in bytes, compressed, and the evaluation as a multiple of socket.io-client's. */
export const pageGoals = [
  { page: 'chat-websocket', brotli: 9_500, evaluation: 1 },
  { page: 'chat', brotli: 12_000, evaluation: 1 },
]
