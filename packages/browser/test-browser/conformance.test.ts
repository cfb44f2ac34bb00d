import type { TransportCapabilities } from '@chat/core/transport'
import {
  defineTransportSuite,
  type Peer,
  type StartOptions,
  type TransportBench,
} from '@chat/testing/conformance'
import { describe, it } from 'vitest'
import { sideBySide } from '../../../test-support/side-by-side.ts'
import { dial } from '../src/index.ts'
import { call, urlOf } from './support/control.ts'

const browser: TransportCapabilities = {
  name: 'browser',
  backpressure: false,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}
const http: TransportCapabilities = { ...browser, name: 'http', backpressure: true }
const nodeWs: TransportCapabilities = { ...browser, name: 'node-ws', backpressure: true, pause: true }

/** Peer on the server. It carries out requests in their order. */
function remotePeer(bench: string, end: number): Peer {
  let before: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = before.then(run)
    before = mine.catch(() => {})
    return mine
  }
  return {
    send: (texts) => inTurn(() => call('send', bench, end, texts)),
    close: (code, reason) => inTurn(() => call('closeEnd', bench, end, code, reason)),
    abort: () => inTurn(() => call('abort', bench, end)),
    pause: () => inTurn(() => call('pause', bench, end)),
    resume: () => inTurn(() => call('resume', bench, end)),
    events: (from) => inTurn(() => call('events', bench, end, from)),
    status: () => inTurn(() => call('status', bench, end)),
  }
}

async function start(options: StartOptions, transport: 'websocket' | 'http'): Promise<TransportBench> {
  const overHttp = transport === 'http'
  const bench = await call(overHttp ? 'startHttpBench' : 'startBench', options)
  return {
    dial: dial(overHttp ? bench : urlOf(bench), { transport }),
    nowhere: dial(await call('nowhere'), { transport }),
    async accepted() {
      const { end, handshake } = await call('accepted', bench)
      return { peer: remotePeer(bench, end), handshake }
    },
    open: () => call('open', bench),
    cut: () => call('reset', bench),
    stop: () => call('stopBench', bench),
  }
}

defineTransportSuite(
  // Each case has a separate server, so the cases can run in parallel.
  { describe: describe.concurrent, it },
  {
    name: 'browser',
    capabilities: { client: browser, server: nodeWs },
    lacks: { 'local server': 'the server is not in the page' },
    start: (options) => start(options, 'websocket'),
  },
)

defineTransportSuite(sideBySide, {
  name: 'http, dialled in a page',
  capabilities: { client: http, server: { ...http, pause: true } },
  lacks: { 'local server': 'the server is not in the page' },
  deadline: 30_000,
  skip: {
    'client: a thousand transmissions of one turn arrive in order':
      'a thousand requests, one after the other, take a page a quarter of a minute where others work; Node, Bun and Deno show it',
  },
  start: (options) => start(options, 'http'),
})
