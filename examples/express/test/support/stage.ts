import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, vi } from 'vitest'
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

  /** Starts the server before the tests, ends it after them, and then judges all that it wrote. */
  static use(): Stage {
    const stage = new Stage()
    vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 })
    beforeAll(async () => {
      stage.#example = await startExample()
    })
    afterAll(async () => {
      for (const peer of stage.#peers) peer.socket.terminate()
      await stage.example.stop()
      expect(stage.#peers.flatMap(({ complaints }) => complaints)).toEqual([])
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
  resume(
    of: Peer,
    n: number,
    { secret = of.welcome.session.secret, hello = {}, ...rest } = {},
  ): Promise<Peer> {
    const session = { id: of.id, secret, n }
    return this.greet({ user: of.user, hello: { session, ...hello }, ...rest })
  }

  /** The whole of a room as somebody else reads it. */
  async history(room: string): Promise<Message[]> {
    const reader = await this.welcomed()
    const { messages } = await reader.ok('read', room, { after: 0, limit: 1000 })
    await reader.cut()
    return messages.map(message)
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
}

/** A user nobody had before. */
export const name = (): string => `u-${randomBytes(8).toString('hex')}`

/** A room nobody had before. */
export const room = (): string => `#r-${randomBytes(8).toString('hex')}`
