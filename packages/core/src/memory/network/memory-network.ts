import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import type { Connection, Dialer, Handshake } from '../../transport/connection.ts'
import type { TransportHub } from '../../transport/transport-hub.ts'
import { describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import { checkFunctionOptions, checkRuntime } from '../check-arguments.ts'
import { MemoryConnection } from './memory-connection.ts'
import { MemoryLink } from './memory-link.ts'

/** The part of a hub that a memory network uses. A `Hub` fits. */
export type ListeningHub = Pick<TransportHub, 'subprotocols' | 'accept'>

/** Options of a {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /**
   * Latency of a direction in milliseconds, called for each transmission. Default: 0; a transmission never
   * arrives in the same call.
   */
  readonly latency?: (() => number) | undefined
}

/** The handshake that a client in memory presents. Fields that are left out are empty. */
export interface MemoryDialOptions extends Partial<Handshake> {
  /**
   * The link of the client, from {@link MemoryNetwork.link}, for all its connections. Default: a link of its
   * own, without faults.
   */
  readonly link?: MemoryLink | undefined
}

/** A hub's ends of its open connections. */
interface Listening {
  readonly hub: ListeningHub
  readonly ends: Set<MemoryConnection>
}

const optionNames: OptionNames<MemoryNetworkOptions> = { latency: true }
const dialOptionNames: OptionNames<MemoryDialOptions> = {
  link: true,
  path: true,
  params: true,
  query: true,
  headers: true,
  cookies: true,
  origin: true,
  remoteAddress: true,
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
 * A network in memory: hubs listen under a name, and clients dial the name. Two networks share no state.
 * Under a virtual clock it is the network of the simulator.
 */
export class MemoryNetwork {
  readonly #runtime: Runtime
  readonly #latency: () => number
  readonly #listening = new Map<string, Listening>()

  /**
   * Makes an empty network.
   *
   * @throws UsageError when the first argument is no runtime, or an option cannot work or does not exist.
   */
  constructor(runtime: Runtime, options: MemoryNetworkOptions = {}) {
    checkRuntime('make the network', runtime, 'new MemoryNetwork(systemRuntime)')
    checkLatency('make the network', options)
    this.#runtime = runtime
    this.#latency = options.latency ?? (() => 0)
  }

  /**
   * Takes the connections that are dialled under a name. The undo stops it, and leaves open connections
   * alone.
   *
   * @throws UsageError when another hub listens under this name, or the second argument is no hub.
   */
  listen(name: string, hub: ListeningHub): Undo {
    checkName('listen', name)
    if (typeof hub?.accept !== 'function')
      throw new UsageError(
        `unable to listen at '${name}': the second argument is ${describe(hub)}, not a hub; write \`network.listen('hub', hub)\``,
      )
    if (this.#listening.has(name))
      throw new UsageError(`unable to listen at '${name}': another hub listens there; choose another name`)
    const listening = { hub, ends: new Set<MemoryConnection>() }
    this.#listening.set(name, listening)
    return () => {
      if (this.#listening.get(name) === listening) this.#listening.delete(name)
    }
  }

  /**
   * Ends the hub of a name as a crash does, at once and silently. Its clients notice it after `telling`
   * milliseconds, or never (`null`). The hub must have ended already, because its connections still report
   * their end to it.
   */
  crash(name: string, telling: number | null): void {
    const listening = this.#listening.get(name)
    this.#listening.delete(name)
    for (const end of [...(listening?.ends ?? [])]) end.vanish(telling)
  }

  /**
   * Makes a link between a client and its hubs that can be made to fail.
   *
   * @throws UsageError when an option cannot work or does not exist.
   */
  link(options: MemoryNetworkOptions = {}): MemoryLink {
    checkLatency('make the link', options)
    return new MemoryLink(this.#runtime, options.latency ?? this.#latency)
  }

  /**
   * Returns a dialer to the hub of this name.
   *
   * @throws UsageError when the name is no text, or an option cannot work or does not exist.
   */
  dialer(name: string, options: MemoryDialOptions = {}): Dialer {
    checkName('make the dialer', name)
    checkOptionsWithHint('make the dialer', options, dialOptionNames)
    if (options.link !== undefined && !(options.link instanceof MemoryLink))
      throw new UsageError(
        `unable to make the dialer: the option 'link' is ${describe(options.link)}; give a link that \`network.link()\` returned`,
      )
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
          if (listening === undefined) reject(new Error(`unable to dial '${name}': no hub listens there`))
          else if (link.refusing) reject(new Error(`unable to dial '${name}': refused`))
          else resolve(this.#connect(listening, link, protocols, handshake))
        })
      })
  }

  #connect(
    { hub, ends }: Listening,
    link: MemoryLink,
    offered: readonly string[],
    given: Partial<Handshake>,
  ): Connection {
    const protocol = offered.find((name) => hub.subprotocols.includes(name)) ?? ''
    const { up, down } = link
    const ended = (end: MemoryConnection): void => {
      if (end === near) link.delete(near)
      else ends.delete(far)
    }
    const [near, far] = MemoryConnection.pair({ runtime: this.#runtime, up, down, protocol, ended })
    link.add(near, far)
    ends.add(far)
    hub.accept(far, { ...nowhere, ...given })
    return near
  }
}

function checkName(operation: string, name: unknown): void {
  if (typeof name === 'string') return
  throw new UsageError(
    `unable to ${operation}: the name is ${describe(name)}; give the name of a hub, a text`,
  )
}

function checkLatency(operation: string, options: MemoryNetworkOptions): void {
  checkFunctionOptions(operation, options, { names: optionNames, functions: ['latency'] })
}
