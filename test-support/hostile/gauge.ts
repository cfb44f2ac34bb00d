import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Hub } from '@chat/core'
import type { MemoryStore } from '@chat/core/memory'
import type { VictimFigures } from './messages.ts'

/** Interval at which the size of the heap is looked at, in milliseconds. */
const interval = 20
/** Resolution of the loop's delay, in milliseconds. */
const resolution = 5
// A control character that can change the look of a terminal or end a line of a log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the attack writes them
const control = /[\u0000-\u001f\u007f-\u009f]/g

/** Measures the process of a hub, and counts the calls of its application. */
export class Gauge {
  policies = 0
  authentications = 0
  errors = 0
  readonly #sockets = new Set<Socket>()
  readonly #loop = monitorEventLoopDelay({ resolution })
  #peak = 0
  #logged = 0
  #controls = 0
  #written = 0

  constructor() {
    this.#loop.enable()
    setInterval(() => this.#look(), interval).unref()
  }

  /** Counts the bytes of a socket. */
  watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#written += socket.bytesWritten
    })
  }

  /** Resets all connections from a network address. */
  cut(from: string): void {
    for (const socket of this.#sockets) if (socket.remoteAddress === from) socket.resetAndDestroy()
  }

  /** Counts the line that an application would write into its log. */
  log(...words: readonly unknown[]): void {
    const line = words.map(String).join(' ')
    this.#logged += Buffer.byteLength(line) + 1
    this.#controls += line.match(control)?.length ?? 0
  }

  /** Starts peaks, delays and counts anew. */
  mark(): void {
    this.#loop.reset()
    this.#peak = used()
    this.policies = 0
    this.authentications = 0
    this.errors = 0
    this.#logged = 0
    this.#controls = 0
    this.#written = -[...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
  }

  /** Collects garbage, and returns all figures. */
  async read(hub: Hub, store: MemoryStore): Promise<VictimFigures> {
    const { max } = this.#loop
    const loop = { p99: millis(this.#loop.percentile(99)), max: millis(max) }
    this.#look()
    globalThis.gc?.()
    // Buffers are given back after the collection that has found them.
    await turn()
    globalThis.gc?.()
    const open = [...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    return {
      heap: used(),
      counted: store.usage.bytes,
      peak: this.#peak,
      loop,
      sockets: this.#sockets.size,
      timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
      sessions: hub.sessions.length,
      rooms: hub.rooms.size,
      policies: this.policies,
      authentications: this.authentications,
      errors: this.errors,
      logged: this.#logged,
      controls: this.#controls,
      written: this.#written + open,
    }
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, used())
  }
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The monitor adds its own interval to each delay. */
const millis = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
