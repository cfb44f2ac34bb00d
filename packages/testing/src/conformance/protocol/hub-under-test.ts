import { systemRuntime } from '@chat/core'
import { same } from '../check.ts'
import { Poller } from '../poller.ts'
import { ProtocolClient } from './client.ts'
import { messageOf, positionOf, type WireMessage, type WirePosition, type WireResult } from './frames.ts'
import type { ProtocolHarness, ProtocolUser } from './harness.ts'
import { sleep } from './sleep.ts'
import type { ProtocolSocket } from './socket.ts'

/** Content of a `hello`, as far as a case cares. */
export interface Greeting {
  /** User of the session. Default: a new user. */
  readonly user?: ProtocolUser
  /** Further keys of the `hello`. */
  readonly hello?: Readonly<Record<string, unknown>>
  /** Frames behind the `hello`, in its transmission. */
  readonly behind?: readonly (readonly unknown[])[]
}

/** A room with messages. */
export interface FilledRoom {
  readonly room: string
  readonly sender: ProtocolClient
  /** Positions of the messages, in order. */
  readonly positions: readonly WirePosition[]
}

/** Messages to send. */
export interface Filling {
  readonly count: number
  /** Data of each message. Default: 1. */
  readonly data?: unknown
}

/** The subprotocol that clients offer unless a case says otherwise. */
const subprotocol = 'chat.v1.json'

/** The hub of one case: connects clients to it, and ends them with the case. */
export class HubUnderTest {
  readonly harness: ProtocolHarness
  readonly #poller: Poller
  readonly #clients: ProtocolClient[] = []
  /** Users by their ids, for the tokens of sessions that are resumed. */
  readonly #users = new Map<string, ProtocolUser>()

  constructor(harness: ProtocolHarness) {
    this.harness = harness
    this.#poller = new Poller(harness)
  }

  /** Returns the time, in milliseconds on a clock that never goes back. */
  now(): number {
    return systemRuntime.now()
  }

  /** Returns a user that no case has used. */
  user(): ProtocolUser {
    const user = this.harness.newUser?.() ?? nameless()
    this.#users.set(user.id, user)
    return user
  }

  /** Returns the address of a room that no case has used. */
  room(): string {
    return `#r-${letters(16)}`
  }

  /** Opens a connection without a `hello`. */
  connect(protocols: readonly string[] = [subprotocol]): Promise<ProtocolClient> {
    return this.take(this.harness.dial(protocols)).opened()
  }

  /** Makes a client of a WebSocket; it ends with the case. */
  take(socket: ProtocolSocket): ProtocolClient {
    const client = new ProtocolClient(socket, this.harness)
    this.#clients.push(client)
    return client
  }

  /** Opens a connection and says `hello`. The `welcome` is not awaited and may never come. */
  async greet({ user = this.user(), hello = {}, behind = [] }: Greeting = {}): Promise<ProtocolClient> {
    const client = await this.connect()
    client.write(['hello', { v: [1, 1], token: user.token, ...hello }], ...behind)
    return client
  }

  /** Opens a connection, says `hello` and waits for the `welcome`. */
  async welcomed(greeting: Greeting = {}): Promise<ProtocolClient> {
    const client = await this.greet(greeting)
    await client.welcomed()
    return client
  }

  /**
   * Opens a connection, joins these addresses in its `hello`, each from its top, and waits for the `welcome`.
   */
  joined(addresses: string | readonly string[], user: ProtocolUser = this.user()): Promise<ProtocolClient> {
    const streams = Object.fromEntries([addresses].flat().map((address) => [address, null]))
    return this.welcomed({ user, hello: { streams } })
  }

  /**
   * Opens a connection and resumes the session of another client in its `hello`, as attempt `n` with the
   * secret.
   */
  resume(older: ProtocolClient, n: number, { hello = {}, ...rest }: Greeting = {}): Promise<ProtocolClient> {
    const session = { ...older.welcome.session, n }
    return this.greet({ user: this.userOf(older), hello: { session, ...hello }, ...rest })
  }

  /** Returns the user of a client. */
  userOf(client: ProtocolClient): ProtocolUser {
    return this.#users.get(client.user) ?? { id: client.user, token: client.user }
  }

  /** Fills a new room with the messages `e1`, `e2`, … of one sender. */
  async filledRoom(count: number): Promise<FilledRoom> {
    const room = this.room()
    const sender = await this.welcomed()
    const refs = Array.from({ length: count }, () => sender.nextRef())
    sender.write(...refs.map((ref) => ['send', ref, room, `e${ref}`, ref]))
    const answers = await Promise.all(refs.map((ref) => sender.answer(ref)))
    return { room, sender, positions: answers.map(({ result }) => positionOf(result)) }
  }

  /** Sends messages with their refs as events, in windows that every hub takes, and returns their offsets. */
  async fill(client: ProtocolClient, room: string, { count, data = 1 }: Filling): Promise<number[]> {
    const offsets: number[] = []
    for (let sent = 0; sent < count; sent += 30) {
      const refs = Array.from({ length: Math.min(30, count - sent) }, () => client.nextRef())
      for (const ref of refs) client.write(['send', ref, room, `e${ref}`, data])
      for (const ref of refs) offsets.push((await client.answer(ref)).result.at)
    }
    return offsets
  }

  /** Reads the whole history of a room, as a new session. */
  async history(room: string): Promise<WireMessage[]> {
    const reader = await this.welcomed()
    const messages: WireMessage[] = []
    for (let more = true; more; ) {
      const page = await this.#page(reader, room, messages.at(-1)?.at ?? 0)
      messages.push(...page.messages.map(messageOf))
      more = page.more && page.messages.length > 0
    }
    await reader.cut()
    return messages
  }

  /** Reads a page, and waits for the units that the pages before it have cost (P-LV-6). */
  async #page(reader: ProtocolClient, room: string, after: number): Promise<WireResult> {
    const options = { after, limit: 1000 }
    const { code, result, extra } = await reader.request('read', room, options)
    if (code === 'ok') return result
    if (code === 'rate_limited') await sleep(extra.retryAfter ?? 0)
    return reader.succeed('read', room, options)
  }

  /** Checks that the history of a room comes to have exactly these events. */
  async expectHistory(room: string, events: readonly string[]): Promise<void> {
    let last: string[] = []
    const has = async (): Promise<boolean> => {
      last = (await this.history(room)).map(({ event }) => event)
      return last.join('\n') === events.join('\n')
    }
    const what = (): string => `the history is ${JSON.stringify(events)}, not ${JSON.stringify(last)}`
    await this.#poller.until(what, has)
  }

  /** Checks that the hub serves a new session. */
  async expectAlive(): Promise<void> {
    const client = await this.welcomed()
    await client.roundTrip()
    await client.cut()
  }

  /** Checks that the hub wrote no frame that it must not write. */
  checkFrames(): void {
    same(
      this.#clients.flatMap(({ complaints }) => complaints),
      [],
      'frames that a hub must not write',
    )
  }

  /** Ends every connection of the case. */
  leave(): void {
    for (const client of this.#clients.splice(0)) client.abandon()
  }
}

/** Returns a user with one text as id and token. */
function nameless(): ProtocolUser {
  const id = `u-${letters(16)}`
  return { id, token: id }
}

/** Returns so many random characters of `[A-Za-z0-9-]`. */
const letters = (length: number): string => systemRuntime.id(length).replaceAll('_', '-')
