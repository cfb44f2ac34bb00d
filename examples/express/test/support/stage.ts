import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import type { ClientOptions } from 'ws'
import { type Example, startExample } from '../example.ts'
import { type Message, message } from './frames.ts'
import { Peer } from './peer.ts'

export interface Join {
  readonly user?: string
  /** Further keys of `hello`. */
  readonly hello?: object
  /** Further frames in the transmission of `hello`. */
  readonly behind?: readonly (readonly unknown[])[]
}

/** One server for the tests of a file, and the clients that talk to it. */
export class Stage {
  readonly #peers: Peer[] = []
  #example: Example | undefined

  get example(): Example {
    if (this.#example === undefined) throw new Error('the server is not started')
    return this.#example
  }

  get hub(): string {
    return `ws://127.0.0.1:${this.example.port}/chat`
  }

  /**
   * Starts the server before the tests and ends it after them. Judges after each test what the hub wrote, and ends the
   * test's connections; if tests run `together`, after all of them.
   */
  static use({ together = false } = {}): Stage {
    const stage = new Stage()
    vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 })
    beforeAll(async () => {
      stage.#example = await startExample()
    })
    if (together) afterAll(() => stage.#judge())
    else afterEach(() => stage.#judge())
    afterAll(async () => {
      await stage.example.stop()
    })
    return stage
  }

  /** A connection that has not said hello. */
  async connect(url: string = this.hub, protocols?: string[], options?: ClientOptions): Promise<Peer> {
    const peer = new Peer(url, protocols, options)
    this.#peers.push(peer)
    return peer.open()
  }

  /** A connection that has said hello, and nothing more: it may be welcomed or not. */
  async greet({ user = name(), hello = {}, behind = [] }: Join = {}): Promise<Peer> {
    const peer = await this.connect()
    peer.write(['hello', { v: [1, 1], token: user, ...hello }], ...behind)
    return peer
  }

  async welcomed(join: Join = {}): Promise<Peer> {
    const peer = await this.greet(join)
    await peer.welcomed()
    return peer
  }

  /** A new connection that wants the session of another one. */
  resume(of: Peer, n: number, { hello = {}, ...rest }: Join = {}): Promise<Peer> {
    const session = { ...of.welcome.session, n }
    return this.greet({ user: of.user, hello: { session, ...hello }, ...rest })
  }

  /** The whole of a room as somebody else reads it. */
  async history(room: string): Promise<Message[]> {
    const reader = await this.welcomed()
    const messages: Message[] = []
    for (let more = true; more; ) {
      const page = await reader.ok('read', room, { after: messages.at(-1)?.at ?? 0, limit: 1000 })
      messages.push(...page.messages.map(message))
      more = page.more
    }
    await reader.cut()
    return messages
  }

  /** Waits until the events of a room are these. */
  async expectHistory(room: string, events: string[]): Promise<void> {
    const look = async () => expect((await this.history(room)).map(({ event }) => event)).toEqual(events)
    await vi.waitFor(look, { timeout: 5_000, interval: 50 })
  }

  /** Somebody new is served. */
  async expectAlive(): Promise<void> {
    const peer = await this.welcomed()
    await peer.alive()
    await peer.cut()
  }

  #judge(): void {
    const peers = this.#peers.splice(0)
    for (const { socket } of peers) socket.terminate()
    expect(peers.flatMap(({ complaints }) => complaints)).toEqual([])
  }
}

/** A user nobody had before. */
export const name = (): string => `u-${randomBytes(8).toString('hex')}`

/** A room nobody had before. */
export const room = (): string => `#r-${randomBytes(8).toString('hex')}`
