/** Tests of one example beyond the tests that all examples share. */
export interface Example {
  /** Source of a client's user. Default: the token is the name. */
  readonly identity?: 'session'
  /** Path of the framework's own WebSocket beside the hub, which echoes each message. */
  readonly echo?: string
}

/** The examples, by folder. */
export const examples: Readonly<Record<string, Example>> = {
  'node-http': {},
  express: {},
  koa: {},
  'koa-session': { identity: 'session' },
  fastify: {},
  'fastify-websocket': { echo: '/echo' },
  'hono-node': {},
  nest: {},
  'nest-gateway': { echo: '/echo' },
  next: {},
  'express-session': { identity: 'session' },
  bun: {},
  'hono-bun': { echo: '/echo' },
  elysia: {},
}
