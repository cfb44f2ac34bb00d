// The pages of the site, in the order of the sidebar and of "previous" and "next". A page is one line: its path below
// docs/ without `.md`. Its own front matter has its title and its description. A page with pages of its own is a list:
// the page, and a list of them. Every page of docs/guides must be in a group: the build fails otherwise.
export const groups = [
  {
    title: 'Start',
    pages: ['guides/getting-started', 'guides/concepts', 'guides/comparison'],
  },
  {
    title: 'Build',
    pages: [
      'guides/contracts',
      'guides/streams',
      'guides/store',
      'guides/react',
      'guides/vue',
      'guides/svelte',
      'guides/ai-sdk',
      'guides/frameworks',
      [
        'guides/recipes/index',
        [
          'guides/recipes/connection-status',
          'guides/recipes/come-back-tomorrow',
          'guides/recipes/outbox',
          'guides/recipes/jwt-refresh-tokens',
          'guides/recipes/cookie-sessions',
          'guides/recipes/message-timestamps',
          'guides/recipes/message-history-database',
          'guides/recipes/direct-messages',
          'guides/recipes/unread-counts',
          'guides/recipes/typing-indicators',
          'guides/recipes/offline-notifications',
          'guides/recipes/file-uploads',
          'guides/recipes/moderation',
          'guides/recipes/rate-limits',
          'guides/recipes/bots',
        ],
      ],
      'guides/state',
      'guides/presence',
      'guides/bun-deno-workers',
      'guides/when-websocket-is-blocked',
      'guides/plain-clients',
    ],
  },
  {
    title: 'Operate',
    pages: [
      'guides/deployment',
      'guides/security',
      'guides/scaling',
      'guides/performance',
      'guides/observe',
      'guides/troubleshooting',
    ],
  },
  {
    title: 'Test',
    pages: ['guides/test-your-realtime-app', 'guides/testing'],
  },
  {
    title: 'Move',
    pages: ['guides/from-socket-io', 'guides/from-ws', 'guides/from-django-channels'],
  },
  {
    title: 'Reference',
    pages: [
      'api/index',
      'guides/error-codes',
      'protocol',
      'capabilities',
      'faults',
      'architecture',
      'changelog',
    ],
  },
]

// The packages in the order of the reference, each with its entries and the exports that most programs need, which
// come first. All other exports follow by themselves.
export const packages = {
  '@chat/core': {
    index: [
      'Hub',
      'Client',
      'contract',
      'Room',
      'Message',
      'HubOptions',
      'ClientOptions',
      'HubTarget',
      'ChatError',
      'UncertainError',
      'watchPresence',
      'address',
    ],
    transport: ['BaseConnection', 'Connection', 'Sink', 'Dialer', 'RequestHandler'],
    backplane: ['Backplane', 'SessionStore', 'PresenceStore'],
    memory: ['MemoryBackplane', 'MemoryNetwork'],
  },
  '@chat/browser': { index: ['connect', 'ConnectOptions'] },
  '@chat/node-ws': { index: ['attach', 'connect', 'AttachOptions'] },
  '@chat/http': { index: ['httpHandler', 'publishHandler'], node: ['nodeHttpHandler'], client: ['dial'] },
  '@chat/bun': { index: ['bunHandler'] },
  '@chat/web-socket': { index: ['webSocketHandler'] },
  '@chat/sqlite': { index: ['sqliteBackplane'] },
  '@chat/redis': { index: ['redisBackplane'] },
  '@chat/nats': { index: ['natsBackplane'] },
  '@chat/store': { index: ['Store', 'messages', 'people', 'typing', 'unread', 'notices', 'status'] },
  '@chat/ai-sdk': { index: ['chatTransport', 'answerPrompts', 'conversation'] },
  '@chat/react': { index: ['chatHooks', 'ChatHooks', 'ChatProvider'] },
  '@chat/mcp': { index: ['mcpEventStore'] },
  '@chat/tanstack-ai': { index: ['backplaneStream'] },
  '@chat/vue': { index: ['chatComposables', 'ChatComposables', 'chatPlugin'] },
  '@chat/svelte': { index: ['chatFunctions', 'ChatFunctions', 'provideChat'] },
  '@chat/testing': {
    index: ['world', 'explore', 'World', 'WorldOptions', 'allFaults'],
    conformance: ['defineTransportSuite', 'defineBackplaneSuite', 'defineProtocolSuite'],
  },
}
