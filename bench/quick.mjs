/** The contenders that `--quick` measures. */
export const quickContenders = ['ws', 'ws-ack', 'socket-io-ack', 'bun', 'floor', 'chat']

/** The scenarios that `--quick` measures. */
export const quickScenarios = [
  'broadcast',
  'burst-50',
  'point-to-point',
  'request-answer',
  'accept',
  'idle-memory',
  'pages',
]
