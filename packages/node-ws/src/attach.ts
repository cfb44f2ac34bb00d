import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UsageError } from '@chat/core'
import { checkHub, checkOptionsWithHint, describe, isHub, type TransportHub } from '@chat/core/transport'
import { answerRefused, ignoreErrors } from './answer-refused.ts'
import { type AttachOptions, optionNames } from './options.ts'
import { type UpgradeHandler, WsUpgradeHandler } from './upgrade-handler.ts'

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/**
 * Part of a server that `attach` uses: `http.Server` and `https.Server` fit, and so do the servers that
 * frameworks return from `listen`.
 */
export interface UpgradeServer {
  /** Adds a listener. */
  on(event: 'upgrade', listener: OnUpgrade): unknown
  /** Removes a listener. */
  off(event: 'upgrade', listener: OnUpgrade): unknown
  /** Returns the listeners. */
  listeners(event: 'upgrade'): readonly unknown[]
  /** Returns where the server listens; `null` before it does. */
  address(): BoundAddress | string | null
}

/** Address that a server listens on, in Node's terms. */
export interface BoundAddress {
  /** The IP address. */
  readonly address: string
}

/**
 * Attaches a hub to an HTTP server, before or after the server listens: the hub takes the WebSockets at its
 * path.
 *
 * ```ts
 * const server = createServer()
 * attach(hub, server, { path: '/chat' })
 * server.listen(3000)
 * ```
 *
 * Several hubs may share a server, each with a path of its own; where two patterns match, a literal segment
 * takes precedence over a parameter. An upgrade for another path is left to the server's other `upgrade`
 * listeners; without other listeners it is answered with 404.
 *
 * @throws UsageError when an argument is no hub or no server, the server has a hub at this path already, an
 * option cannot work or does not exist, or `ws` is older than 8.23.0.
 */
export function attach(hub: TransportHub, server: UpgradeServer, options: AttachOptions): UpgradeHandler {
  checkArguments(hub, server, options)
  const handler = new WsUpgradeHandler(hub, options, server)
  const listener = UpgradeListener.of(server)
  listener.add(handler)
  return {
    handleUpgrade: (request, socket, head) => handler.handleUpgrade(request, socket, head),
    accept: (socket, request) => handler.accept(socket, request),
    detach() {
      handler.detach()
      listener.remove(handler)
    },
  }
}

const usage = "attach(hub, server, { path: '/chat' })"

function checkArguments(hub: TransportHub, server: UpgradeServer, options: AttachOptions): void {
  if (!isHub(hub) && isHub(server))
    throw new UsageError(`unable to attach: the hub comes before the server; write \`${usage}\``)
  checkHub(hub, usage)
  if (!isServer(server))
    throw new UsageError(
      `unable to attach: the second argument is ${describe(server)}, not an HTTP server; an app of a framework is none: give the server that \`app.listen(…)\` or \`createServer(app)\` returns`,
    )
  checkOptionsWithHint('attach', options, optionNames)
  if (options?.path === undefined)
    throw new UsageError(`unable to attach: the option 'path' is missing; write \`${usage}\``)
}

function isServer(value: Partial<UpgradeServer> | null | undefined): boolean {
  return (['on', 'off', 'listeners', 'address'] as const).every((name) => typeof value?.[name] === 'function')
}

/**
 * Upgrade listener of a server, shared by its hubs: only with all their paths can it tell that no hub wants
 * an upgrade.
 */
class UpgradeListener {
  static readonly #all = new WeakMap<UpgradeServer, UpgradeListener>()
  readonly #server: UpgradeServer
  #handlers: readonly WsUpgradeHandler[] = []
  #warned = false

  /** Returns the listener of a server. */
  static of(server: UpgradeServer): UpgradeListener {
    const known = UpgradeListener.#all.get(server)
    if (known !== undefined) return known
    const made = new UpgradeListener(server)
    UpgradeListener.#all.set(server, made)
    return made
  }

  constructor(server: UpgradeServer) {
    this.#server = server
  }

  /** @throws UsageError when the server has a handler for the same path. */
  add(handler: WsUpgradeHandler): void {
    // The handlers of closed hubs refuse every upgrade: a server that reloads its code attaches a hub anew.
    const taken = this.#handlers.filter(({ closed }) => !closed)
    if (taken.some(({ shape }) => shape === handler.shape))
      throw new UsageError(
        'unable to attach: this server has a hub at this path already; give each hub a path of its own, or detach the first',
      )
    if (this.#handlers.length === 0) this.#server.on('upgrade', this.#listen)
    this.#handlers = [...taken, handler].sort((a, b) => (a.shape < b.shape ? -1 : 1))
  }

  /** Removes a handler, and stops listening after the last. */
  remove(handler: WsUpgradeHandler): void {
    this.#handlers = this.#handlers.filter((other) => other !== handler)
    if (this.#handlers.length === 0) this.#server.off('upgrade', this.#listen)
  }

  readonly #listen: OnUpgrade = (request, socket, head) => {
    const endedBefore = isEnded(socket)
    for (const handler of this.#handlers) {
      const outcome = handler.take(request, socket, head)
      if (outcome === 'other') continue
      if (endedBefore) this.#warn()
      // Later listeners have run by then.
      else if (outcome === 'taken') process.nextTick(() => isEnded(socket) && this.#warn())
      return
    }
    ignoreErrors(socket)
    if (this.#server.listeners('upgrade').some((listener) => listener !== this.#listen)) return
    answerRefused(socket, { status: 404, message: 'There is no WebSocket at this path.' })
  }

  /** Warns once: the cause is the same for each request. */
  #warn(): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(
      "unable to keep an upgrade: another 'upgrade' listener of this server ended its socket. Some frameworks end sockets at paths that they have no route for; there, give the hub its sockets by `accept`",
      'ChatWarning',
    )
  }
}

/** True if this side has ended a socket. */
const isEnded = (socket: Duplex): boolean => socket.destroyed || socket.writableEnded
