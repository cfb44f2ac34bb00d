import {
  Client,
  type ClientStreamWriter,
  contract,
  Hub,
  openStream,
  type StreamReader,
  stream,
  type User,
} from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { type MemoryLink, MemoryNetwork } from '@chat/core/memory'
import type { TestRunner } from '@chat/testing/conformance'
import { expect } from 'vitest'
import { z } from 'zod'
import { faster } from '../fast.ts'
import { until, within } from './until.ts'

const chat = contract({ clientStreams: { speech: stream(z.string()) } })
type Chat = typeof chat
type Writer = ClientStreamWriter<string>

const room = '#room'

/**
 * Hubs and clients have less time than the broker: a hub that is 30 s old takes a writer for gone. To the broker they
 * renew their leases early.
 */
const hurried = faster(5)

/** A broker for one case. */
export interface WriterBench {
  /** Makes a node. */
  node(): Promise<Backplane>
  /** Ends the nodes. */
  stop(): Promise<void>
}

/** A broker, as {@link defineWriterSuite} uses it. */
export interface WriterHarness {
  readonly name: string
  /** Starts a store for a case. */
  start(): Promise<WriterBench>
}

/** A hub over a node of the broker. */
interface Server {
  readonly hub: Hub<Chat, User>
  readonly backplane: Backplane
}

/** A client in the room, with the streams that it has heard of. */
interface Guest {
  readonly client: Client<Chat>
  readonly link: MemoryLink
  readonly readers: StreamReader<string>[]
}

/** Hubs over one broker, and clients of them. */
class Scene {
  readonly #bench: WriterBench
  readonly #network = new MemoryNetwork(hurried)
  readonly #servers: Server[] = []
  readonly #guests: Guest[] = []

  constructor(bench: WriterBench) {
    this.#bench = bench
  }

  /** Starts a hub, which clients reach under the name. */
  async hub(name: string): Promise<Server> {
    const backplane = await this.#bench.node()
    const hub = new Hub<Chat, User>({
      contract: chat,
      backplane,
      runtime: hurried,
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: () => true,
      logErrors: false,
    })
    this.#network.listen(name, hub)
    const server = { hub, backplane }
    this.#servers.push(server)
    return server
  }

  /** Connects a client, which joins the room. It dials the hubs in turn. */
  async guest(token: string, ...names: string[]): Promise<Guest> {
    const link = this.#network.link()
    const dialers = names.map((name) => this.#network.dialer(name, { link }))
    let dials = 0
    const client: Client<Chat> = new Client<Chat>({
      contract: chat,
      token,
      runtime: hurried,
      logErrors: false,
      dial: (options) => {
        const dial = dialers[dials++ % dialers.length]
        if (dial === undefined) throw new Error('unable to dial: no hub was named')
        return dial(options)
      },
    })
    const readers: StreamReader<string>[] = []
    const joined = client.join(room)
    joined.on('speech', (speech) => readers.push(speech))
    await within('the join', joined.ready)
    const guest = { client, link, readers }
    this.#guests.push(guest)
    return guest
  }

  async end(): Promise<void> {
    for (const { client } of this.#guests) client.close()
    await Promise.all(this.#servers.map(({ hub }) => hub.close({ deadline: 0 })))
    await this.#bench.stop()
  }
}

const open = ({ client }: Guest): Promise<Writer> => within('the head', openStream(client.to(room), 'speech'))

/** Waits for a guest's reader of a stream, and reads it. */
async function reader({ readers }: Guest, { id }: Writer): Promise<StreamReader<string>> {
  await until('the head at the reader', () => readers.some((each) => each.id === id))
  const found = readers.find((each) => each.id === id) as StreamReader<string>
  void found.result
  return found
}

/** Entries of the room as `[data, meta]`, as a node has them. */
async function logOf({ backplane }: Server): Promise<unknown[]> {
  const { entries } = await backplane.read(room, { after: 0, limit: 100 })
  return entries.map(({ data, meta }) => [JSON.parse(data), JSON.parse(meta ?? 'null')])
}

const headAndResult = ({ id }: Writer, whole: string, end = 'done'): unknown[] => [
  ['', { stream: true }],
  [whole, { of: id, end }],
]

const cases: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async 'a stream of a client is read part by part at another node, and both nodes have its result (P-SM-12, P-SM-7)'(
    scene,
  ) {
    const [one, two] = [await scene.hub('one'), await scene.hub('two')]
    const [alice, bob] = [await scene.guest('alice', 'one'), await scene.guest('bob', 'two')]
    const writer = await open(alice)
    const speech = await reader(bob, writer)
    for (const [part, value] of [
      ['Hel', 'Hel'],
      ['lo ', 'Hello '],
      ['😀', 'Hello 😀'],
    ] as const) {
      await within('the part', writer.write(part))
      await until(`the value '${value}'`, () => speech.value === value)
    }
    await within('the end', writer.end())
    expect(await within('the result', speech.result)).toMatchObject({
      state: 'done',
      value: 'Hello 😀',
      complete: true,
    })
    expect(speech.from).toBe('alice')
    for (const server of [one, two]) expect(await logOf(server)).toEqual(headAndResult(writer, 'Hello 😀'))
  },

  async 'a client goes on writing at another node when its hub ends (P-SM-12, P-SM-3)'(scene) {
    const [one, two] = [await scene.hub('one'), await scene.hub('two')]
    const [alice, bob] = [await scene.guest('alice', 'one', 'two'), await scene.guest('bob', 'two')]
    const writer = await open(alice)
    const speech = await reader(bob, writer)
    await within('a part', writer.write('one'))
    const closing = one.hub.close({ deadline: 0 })
    const written = [' two', ' three'].map((part) => writer.write(part))
    await within('the parts at the other node', Promise.all(written))
    await closing
    await within('the end', writer.end())
    expect((await within('the result', speech.result)).value).toBe('one two three')
    expect(await logOf(two)).toEqual(headAndResult(writer, 'one two three'))
  },

  async 'parts whose connection is lost are repeated, and stored once (P-SM-12, P-PB-3)'(scene) {
    const server = await scene.hub('one')
    const [alice, bob] = [await scene.guest('alice', 'one'), await scene.guest('bob', 'one')]
    const writer = await open(alice)
    const speech = await reader(bob, writer)
    for (let n = 0; n < 5; n++) {
      const written = writer.write(`${n}`)
      alice.link.reset({ client: 0, hub: 0 })
      await within('the part', written)
    }
    await within('the end', writer.end())
    expect((await within('the result', speech.result)).value).toBe('01234')
    expect(await logOf(server)).toEqual(headAndResult(writer, '01234'))
  },

  async 'the cancel of a reader at another node reaches the client that writes (P-SM-9, P-CN-4)'(scene) {
    const [, two] = [await scene.hub('one'), await scene.hub('two')]
    const [alice, bob] = [await scene.guest('alice', 'one'), await scene.guest('bob', 'two')]
    const writer = await open(alice)
    const speech = await reader(bob, writer)
    await within('a part', writer.write('so far'))
    const aborted = new Promise((resolve) => writer.signal.addEventListener('abort', resolve))
    await within('the cancel', speech.cancel())
    await within('the word at the writer', aborted)
    await within('the end', writer.cancel())
    expect(await within('the result', speech.result)).toMatchObject({ state: 'cancelled', value: 'so far' })
    expect(await logOf(two)).toEqual(headAndResult(writer, 'so far', 'cancelled'))
  },

  async 'a stream whose session is gone is lost at another node (P-SM-8)'(scene) {
    const [one, two] = [await scene.hub('one'), await scene.hub('two')]
    const [alice, bob] = [await scene.guest('alice', 'one'), await scene.guest('bob', 'two')]
    const writer = await open(alice)
    const speech = await reader(bob, writer)
    await within('a part', writer.write('so far'))
    const id = alice.client.session ?? ''
    alice.client.close()
    await until('the record of the session', async () => (await one.backplane.sessions.find(id)) !== null)
    // The broker forgets the record after two minutes.
    await one.backplane.sessions.drop({ id })
    expect(await within('the result', speech.result)).toMatchObject({ state: 'lost', value: 'so far' })
    await until('the result in the log', async () => (await logOf(two)).length === 2)
    expect(await logOf(two)).toEqual(headAndResult(writer, 'so far', 'lost'))
  },
}

/** Runs the cases of clients that write streams, with hubs and clients over a real broker. */
export function defineWriterSuite(runner: TestRunner, { name, start }: WriterHarness): void {
  runner.describe(`clients that write streams, over ${name}`, () => {
    for (const [title, run] of Object.entries(cases))
      runner.it(title, async () => {
        const scene = new Scene(await start())
        try {
          await run(scene)
        } finally {
          await scene.end()
        }
      })
  })
}
