import { Hub, type HubOptions, type Untyped } from '@chat/core'
import { onTestFinished } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { Guest } from '../../../../test-support/guest.ts'
import { RuleProxy } from '../../../../test-support/rule-proxy.ts'
import { attach, type ConnectOptions, connect } from '../../src/index.ts'
import { startServer } from './server.ts'

/** A listening hub, with its connections. */
export interface TestNode {
  readonly hub: Hub
  readonly port: number
  /** User of each connection in order, and `true` if it resumed its session. */
  readonly connects: { readonly user: string; readonly resumed: boolean }[]
  /** The close code of each connection that ended. */
  readonly codes: number[]
}

/** Starts a hub that takes the user from the token. */
export async function startNode(options: HubOptions = {}): Promise<TestNode> {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    runtime: fast,
    // A busy machine must not look like a dead connection. Only the tests of silence use short timeouts.
    timeouts: { heartbeat: 29_000, heartbeatGrace: 29_000 },
    ...options,
  })
  const { server, port } = await startServer()
  attach(hub, server, { path: '/chat' })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const node: TestNode = { hub, port, connects: [], codes: [] }
  hub.on('$connect', ({ session, resumed }) => node.connects.push({ user: session.user.id, resumed }))
  hub.on('$disconnect', ({ code }) => node.codes.push(code))
  return node
}

/** Starts a hub, a proxy in front of it, and clients that reach the hub only through the proxy. */
export async function throughProxy(options: HubOptions = {}) {
  const { runtime = fast } = options
  const node = await startNode(options)
  const proxy = await FaultProxy.start(node.port)
  onTestFinished(() => proxy.close())
  const enter = (token: string, more: Options = {}): Promise<Guest> =>
    enterAt(proxy.port, { token, runtime, ...more })
  /** Enters without the proxy. */
  const enterDirectly = (token: string): Promise<Guest> => enterAt(node.port, { token, runtime })
  return { ...node, proxy, enter, enterDirectly }
}

type Options = ConnectOptions<Untyped>

/** Enters the lobby with a client that connects to a port of 127.0.0.1. */
export const enterAt = (port: number, options: Options): Promise<Guest> =>
  Guest.enter(connect(`ws://127.0.0.1:${port}/chat`, { runtime: fast, connectTimeout: 60_000, ...options }))

/** Starts a hub, and clients that reach it through a proxy that may change frames. */
export async function throughRules(options: HubOptions = {}) {
  const node = await startNode(options)
  const rules = await RuleProxy.start(`ws://127.0.0.1:${node.port}/chat`)
  onTestFinished(() => rules.close())
  const { runtime = fast } = options
  const enter = (token: string): Promise<Guest> => enterAt(rules.port, { token, runtime })
  return { ...node, rules, enter }
}

/** Returns the numbers from 0 up to, and without, `count`. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
