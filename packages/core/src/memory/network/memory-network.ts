import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import type { Connection, Dialer, Handshake } from '../../transport/connection.ts'
import { MemoryConnection } from './memory-connection.ts'
import { MemoryLink } from './memory-link.ts'

/** Who takes the connections that are dialled; a `Hub` fits. */
export interface MemoryHost {
  readonly subprotocols: readonly string[]
  accept(connection: Connection, handshake: Handshake): void
}

/** How a {@link MemoryNetwork} behaves. */
export interface MemoryNetworkOptions {
  /** Milliseconds one way takes, asked anew for each transmission. Default: 0, which still is never in the same call. */
  readonly latency?: () => number
}

/** What a client in memory presents itself with; what is left out is empty. */
export interface MemoryDialOptions extends Partial<Handshake> {
  /** The way it takes, from {@link MemoryNetwork.link}; the same for all its connections. Default: a way of its own, without faults. */
  readonly link?: MemoryLink
}

/** A hub's ends of its open connections. */
interface Listening {
  readonly host: MemoryHost
  readonly ends: Set<MemoryConnection>
}

const nowhere: Handshake = {
  path: '/',
  params: {},
  query: {},
  headers: {},
  cookies: {},
  origin: null,
  remoteAddress: 'memory',
}

/**
 * A network in memory: hubs listen under a name, clients dial it. An instance, never a module-level map: two networks know nothing of
 * each other. Under a virtual clock it is the simulator's network.
 */
export class MemoryNetwork {
  readonly #runtime: Runtime
  readonly #latency: () => number
  readonly #listening = new Map<string, Listening>()

  constructor(runtime: Runtime, options: MemoryNetworkOptions = {}) {
    this.#runtime = runtime
    this.#latency = options.latency ?? (() => 0)
  }

  /**
   * Takes what is dialled under this name; the undo stops it, and leaves open connections alone.
   *
   * @throws RangeError when somebody listens there already.
   */
  listen(name: string, host: MemoryHost): Undo {
    if (this.#listening.has(name))
      throw new RangeError(`unable to listen at '${name}': somebody does already`)
    const listening = { host, ends: new Set<MemoryConnection>() }
    this.#listening.set(name, listening)
    return () => {
      if (this.#listening.get(name) === listening) this.#listening.delete(name)
    }
  }

  /** Ends what listens under a name as a crash does: at once and without a word. Its clients learn of it after `telling` milliseconds, or never. What listened must be dead already: it is still told. */
  crash(name: string, telling: number | null): void {
    const listening = this.#listening.get(name)
    this.#listening.delete(name)
    for (const end of [...(listening?.ends ?? [])]) end.vanish(telling)
  }

  /** A way between a client and its hubs that can be made to fail. */
  link(options: MemoryNetworkOptions = {}): MemoryLink {
    return new MemoryLink(this.#runtime, options.latency ?? this.#latency)
  }

  /** What connects a client to the hub of this name. */
  dialer(name: string, options: MemoryDialOptions = {}): Dialer {
    const { link = this.link(), ...handshake } = options
    return ({ protocols, signal }) =>
      new Promise((resolve, reject) => {
        let wanted = true
        const ignore = onAbort(signal, (reason) => {
          wanted = false
          reject(reason)
        })
        link.up.signal(0, () => {
          ignore()
          if (!wanted) return
          const listening = this.#listening.get(name)
          if (listening === undefined) reject(new Error(`unable to dial '${name}': nobody listens there`))
          else if (link.refusing) reject(new Error(`unable to dial '${name}': refused`))
          else resolve(this.#connect(listening, link, protocols, handshake))
        })
      })
  }

  #connect(
    { host, ends }: Listening,
    link: MemoryLink,
    offered: readonly string[],
    given: Partial<Handshake>,
  ): Connection {
    const protocol = offered.find((name) => host.subprotocols.includes(name)) ?? ''
    const { up, down } = link
    const ended = (end: MemoryConnection): void => {
      if (end === near) link.delete(near)
      else ends.delete(far)
    }
    const [near, far] = MemoryConnection.pair({ runtime: this.#runtime, up, down, protocol, ended })
    link.add(near, far)
    ends.add(far)
    host.accept(far, { ...nowhere, ...given })
    return near
  }
}
