// The pages of the site, in the order of the sidebar and of "previous" and "next". A page is one line: its path
// below docs/ without `.md`, and its contents in a few words, for the lists of pages and llms.txt. The page's own
// title names it. Every page of docs/guides must be in a group: the build fails otherwise.
export const groups = [
  {
    title: 'Start',
    pages: {
      'guides/getting-started': 'server, page, Node client; rooms, inboxes, broadcast, history, typing',
      'guides/concepts': 'the five ideas, the promises, the outcome of each failure',
    },
  },
  {
    title: 'Build',
    pages: {
      'guides/frameworks':
        'Express, Koa, Fastify, Hono, NestJS, Next.js: how to attach a hub, sessions, proxies',
      'guides/state': 'a snapshot hook that loads data from your database and continues with the log',
      'guides/presence': 'the users in a room, their devices and their state; a count for large rooms',
      'guides/bun-deno-workers':
        'WebSocket on Bun, Deno and Cloudflare Workers, with their abilities and limits',
      'guides/when-websocket-is-blocked':
        'HTTP beside WebSocket: two more lines on the server, no change in the page',
      'guides/plain-clients':
        'clients for a sensor, a shell or another language: the handshake in three lines',
    },
  },
  {
    title: 'Operate',
    pages: {
      'guides/deployment':
        'several hubs behind a proxy, a deploy that loses nothing, workers, Docker, systemd',
      'guides/security': 'the defaults, every limit, and the tasks of a proxy in front of the hub',
      'guides/scaling':
        'the costs that grow with nodes, addresses and members, as curves; sizes, prices, limits',
      'guides/performance': 'the cost of a message, a connection and a page, compared with other libraries',
    },
  },
  {
    title: 'Test',
    pages: {
      'guides/test-your-realtime-app':
        'a first readable test, then a search that finds a bug in an app, and its fix',
      'guides/testing':
        'test worlds, virtual time, every fault that a test can inject; the conformance suites',
    },
  },
  {
    title: 'Move',
    pages: {
      'guides/from-socket-io': 'a migration table, with code before and after',
      'guides/from-ws': 'a migration table, with code before and after',
      'guides/from-django-channels':
        'a migration table, with code before and after, and Django as the host of the users',
    },
  },
  {
    title: 'Reference',
    pages: {
      'api/index': 'every package, with its exports',
      protocol: 'every frame, every rule, every code of the wire',
      capabilities: 'the abilities of each transport, backplane and runtime, with the tests that prove them',
      faults: 'the faults and attacks that realtime systems meet, and the required outcome of each',
      architecture: 'the layers, the interfaces between them, and the reasons for each decision',
      changelog: 'the changes of each release',
    },
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
  '@chat/testing': {
    index: ['world', 'explore', 'World', 'WorldOptions', 'allFaults'],
    conformance: ['defineTransportSuite', 'defineBackplaneSuite', 'defineProtocolSuite'],
  },
}
