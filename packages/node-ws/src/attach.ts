import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UsageError } from '@chat/core'
import type { TransportHub } from '@chat/core/transport'
import type { AttachOptions } from './options.ts'
import { ignoreErrors, refuse } from './refuse.ts'
import { addressOf, type UpgradeHandler, WsUpgradeHandler } from './upgrade-handler.ts'

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** What is needed of a server: `http.Server` and `https.Server` fit, and what the frameworks return from `listen`. */
export interface UpgradeServer {
  /** Adds a listener. */
  on(event: 'upgrade', listener: OnUpgrade): unknown
  /** Removes a listener. */
  off(event: 'upgrade', listener: OnUpgrade): unknown
  /** Who listens. */
  listeners(event: 'upgrade'): readonly unknown[]
  /** Where it listens; `null` before it does. */
  address(): BoundAddress | string | null
}

/** Where a server listens, in Node's words. */
export interface BoundAddress {
  /** The IP address. */
  readonly address: string
}

/**
 * Lets a hub take the WebSockets of an HTTP server, before or after it listens:
 *
 * ```ts
 * const server = createServer()
 * attach(hub, server, { path: '/chat' })
 * server.listen(3000)
 * ```
 *
 * Several hubs may share a server, each with a path of its own; where two patterns match, a name goes before a parameter. An upgrade for
 * another path is left to the server's other `upgrade` listeners; when there are none, it is answered with 404.
 *
 * @throws UsageError when the server has a hub at this path already, an option cannot work, or `ws` is older than 8.23.0.
 */
export function attach(hub: TransportHub, server: UpgradeServer, options: AttachOptions): UpgradeHandler {
  const made = new WsUpgradeHandler(hub, options, () => addressOf(server.address()))
  const listener = UpgradeListener.of(server)
  listener.add(made)
  return {
    handleUpgrade: (request, socket, head) => made.handleUpgrade(request, socket, head),
    accept: (socket, request) => made.accept(socket, request),
    detach() {
      made.detach()
      listener.remove(made)
    },
  }
}

/** One for each server with hubs: only who knows all paths can tell that nobody wants one. */
class UpgradeListener {
  static readonly #all = new WeakMap<UpgradeServer, UpgradeListener>()
  readonly #server: UpgradeServer
  #handlers: readonly WsUpgradeHandler[] = []
  #warned = false

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

  /** @throws UsageError when there is one for the same path. */
  add(handler: WsUpgradeHandler): void {
    if (this.#handlers.some((other) => shapeOf(other) === shapeOf(handler)))
      throw new UsageError(
        'unable to attach: this server has a hub at this path already; give each hub a path of its own, or detach the first',
      )
    if (this.#handlers.length === 0) this.#server.on('upgrade', this.#listen)
    this.#handlers = [...this.#handlers, handler].sort((a, b) => (shapeOf(a) < shapeOf(b) ? -1 : 1))
  }

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
      // Listeners that come after this one have had their turn by then.
      else if (outcome === 'taken') process.nextTick(() => isEnded(socket) && this.#warn())
      return
    }
    ignoreErrors(socket)
    if (this.#server.listeners('upgrade').some((listener) => listener !== this.#listen)) return
    refuse(socket, { status: 404, message: 'Nothing takes WebSockets at this path.' })
  }

  /** Once is enough: it is the same for each request. */
  #warn(): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(
      "unable to keep an upgrade: another 'upgrade' listener of this server ended its socket. Some frameworks end what they have no route for; there, give the hub its sockets by `accept`",
      'ChatWarning',
    )
  }
}

/** Whether this side has ended it. */
const isEnded = (socket: Duplex): boolean => socket.destroyed || socket.writableEnded

const shapeOf = ({ admission }: WsUpgradeHandler): string => admission.shape
