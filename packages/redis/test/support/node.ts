import type { AppendKey, AppendResult, Backplane, LogEntry, NewMessage } from '@chat/core/backplane'
import { onTestFinished } from 'vitest'
import { RedisServer, type RedisServerOptions } from '../../../../test-support/brokers/redis-server.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import type { RedisBackplaneOptions } from '../../src/options.ts'
import type { RedisBackplane } from '../../src/redis-backplane.ts'
import { startBackplane } from '../../src/start.ts'
import { standardTuning, type Tuning } from '../../src/tuning.ts'

/** Starts a server for a test. */
export async function startServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options)
  onTestFinished(() => server.close())
  return server
}

/** Starts a proxy to a port for a test. */
export async function startProxy(port: number): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(port)
  onTestFinished(() => proxy.close())
  return proxy
}

/** Starts a node for a test, whose ways are tested often. */
export async function startNode(
  options: RedisBackplaneOptions,
  tuning: Partial<Tuning> = {},
): Promise<RedisBackplane> {
  const quick = { onWarning: () => {}, timeout: 1_000, ...options }
  const node = await startBackplane(quick, { ...standardTuning, probeInterval: 200, ...tuning })
  onTestFinished(() => node.close())
  return node
}

/** A sender that appends to a log of a node, and repeats what is unavailable, as a hub does. */
export class Sender {
  readonly node: Backplane
  readonly #stream: string
  readonly #session: string
  #ref = 0

  constructor(node: Backplane, stream = '#room', session = 's1') {
    this.node = node
    this.#stream = stream
    this.#session = session
  }

  /** Appends the next number, once. */
  async once(): Promise<AppendResult> {
    const ref = ++this.#ref
    return await this.node.append(this.#stream, this.#message(ref), this.#key(ref))
  }

  /** Appends the next number until its outcome is known. */
  async send(): Promise<AppendResult> {
    const ref = ++this.#ref
    for (;;) {
      try {
        return await this.node.append(this.#stream, this.#message(ref), this.#key(ref))
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'unavailable') throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  /** Appends the next numbers at once, each behind the one before, until the outcome of each is known. */
  async sendTogether(count: number): Promise<void> {
    const refs = Array.from({ length: count }, () => ++this.#ref)
    let left = refs
    while (left.length > 0) {
      const outcomes = await Promise.all(
        left.map((ref, n) => this.#outcome(ref, n === 0 ? undefined : left[n - 1])),
      )
      const known = outcomes.findIndex((outcome) => outcome !== 'stored' && outcome !== 'duplicate')
      if (outcomes.includes('conflict')) throw new Error(`a ref of ${left} is a conflict`)
      left = known < 0 ? [] : left.slice(known)
    }
  }

  async #outcome(ref: number, previousRef: number | undefined): Promise<string> {
    try {
      const key = { ...this.#key(ref), ...(previousRef === undefined ? {} : { previousRef }) }
      return (await this.node.append(this.#stream, this.#message(ref), key)).outcome
    } catch {
      return 'unavailable'
    }
  }

  /** Appends the last number once more. */
  async again(): Promise<AppendResult> {
    return await this.node.append(this.#stream, this.#message(this.#ref), this.#key(this.#ref))
  }

  #message(ref: number): NewMessage {
    return { event: 'say', data: String(ref), meta: null, from: 'alice', id: `${this.#session}.${ref}` }
  }

  #key(ref: number): AppendKey {
    return { user: 'alice', session: this.#session, ref, hash: `${ref}`, window: 64, by: 'node1' }
  }
}

/** Reads all messages of a log. */
export async function readAll(node: Backplane, stream = '#room'): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (;;) {
    const page = await node.read(stream, { after: entries.at(-1)?.at ?? 0, limit: 1_000 })
    entries.push(...page.entries)
    if (!page.more) return entries
  }
}

/** Reads the numbers that a {@link Sender} has appended to a log. */
export const readData = async (node: Backplane, stream?: string): Promise<number[]> =>
  (await readAll(node, stream)).map(({ data }) => Number(data))

/** Returns the code of the error with which a call fails; `null` when it succeeds. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return null
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

/** Counts the calls of `onReconnect`. */
export function countReconnects(node: Backplane): { readonly count: number } {
  const counter = { count: 0 }
  node.onReconnect(() => counter.count++)
  return counter
}
