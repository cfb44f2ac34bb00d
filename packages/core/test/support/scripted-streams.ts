import { type Client, contract, type Room, type StreamReader, stream } from '@chat/core'
import { z } from 'zod'
import { live, msg, play, type RawFrame, type Said, type Stage } from './fake-hub.ts'

/** Contract of the clients that read scripted streams. */
export const chat = contract({
  events: { say: z.number() },
  streams: { answer: stream(z.string()), steps: stream(z.array(z.object({ tool: z.string() }))) },
  calls: {
    ask: { input: z.string(), output: stream(z.string()) },
    add: { input: z.null(), output: z.number() },
  },
})

/** Id of the stream that most tests read, and its address in the room `#a`. */
export const id = 'node1234.1'
export const address = `^${id}/#a`

interface EntryOptions {
  readonly event?: string
  readonly parent?: string
  readonly id?: string
  readonly from?: string | null
  readonly prev?: number
  readonly meta?: object
}

/** Returns the head of a stream, as the log of the parent has it. */
export function head(at: number, data: unknown = '', options: EntryOptions = {}): RawFrame {
  const { event = 'answer', parent = '#a', from = null, meta = {}, ...rest } = options
  return msg(parent, at, { id, event, data, from, time: 1_000, meta: { ...meta, stream: true }, ...rest })
}

/** Returns a part of a stream, as the stream's own log has it. */
export function part(at: number, data: unknown, options: EntryOptions = {}): RawFrame {
  const { event = 'answer', parent = '#a', id: head = id, prev } = options
  const place = prev === undefined ? {} : { prev }
  return msg(`^${head}/${parent}`, at, { id: `${head}-${at}`, event, data, from: null, ...place })
}

/** Returns the end of a stream, as the stream's own log has it. */
export const end = (at: number, data: unknown = { state: 'done' }, options: EntryOptions = {}): RawFrame =>
  part(at, data, { ...options, event: '$end' })

/** Returns the result of a stream, as the log of the parent has it. */
export function result(at: number, data: unknown, state = 'done', options: EntryOptions = {}): RawFrame {
  const { event = 'answer', parent = '#a', id: of = id, meta = {} } = options
  return msg(parent, at, {
    id: `${of}.end`,
    event,
    data,
    from: null,
    time: 2_000,
    meta: { ...meta, of, end: state },
  })
}

/** Start of a reader of a stream, from its beginning. */
export const beginning = (top = 1, epoch = 's1'): Record<string, unknown> => ({
  epoch,
  at: 0,
  id: null,
  top,
  mode: 'replay',
})

/** Scene with a client in the room `#a`. */
export interface Scene {
  readonly stage: Stage
  readonly client: Client<typeof chat> & { readonly said: Said }
  readonly room: Room<typeof chat>
  /** Readers that the room's listener has got, in order. */
  readonly readers: StreamReader<string>[]
  /** Writes frames on the newest connection, and waits for their consequences. */
  say(...frames: readonly RawFrame[]): Promise<void>
  /** Addresses that the client has joined on the newest connection, by `join` or `hello`. */
  joined(): string[]
}

/** Runs a scene. The stream `address` begins at 0, unless the script says otherwise. */
export const reading = (scene: (scene: Scene) => Promise<void>): Promise<void> =>
  play(async (stage) => {
    stage.hub.streams.set('#a', live())
    stage.hub.streams.set(address, beginning())
    const client = (await stage.connected({ contract: chat } as object)) as unknown as Scene['client']
    const readers: StreamReader<string>[] = []
    const room = client.join('#a')
    room.on('answer', (answer) => readers.push(answer))
    await stage.settle()
    await scene({
      stage,
      client,
      room,
      readers,
      say: async (...frames) => {
        stage.hub.at().write(...frames)
        await stage.settle()
      },
      joined: () => {
        const connection = stage.hub.at()
        const joins = connection.of('join').map(([, , joined]) => joined as string)
        return [...Object.keys(connection.hello['streams'] as object), ...joins]
      },
    })
  })

/** Parts that a loop has got, and whether it has ended. */
export interface Loop {
  readonly parts: unknown[]
  ended: boolean
}

/** Reads a stream in a loop. */
export function loop(reader: StreamReader): Loop {
  const read: Loop = { parts: [], ended: false }
  const run = async (): Promise<void> => {
    for await (const part of reader) read.parts.push(part)
    read.ended = true
  }
  void run()
  return read
}
