/** What one example is tested for, besides what all are. */
export interface Example {
  /** How a client becomes somebody. Default: its token is its name. */
  readonly identity?: 'session'
  /** A WebSocket of the framework's own that says everything again, beside the hub. */
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
