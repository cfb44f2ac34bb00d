import type { Client, Message, MessageGap, Position } from '@chat/core'
import { live, msg, type RawFrame, type Stage } from './fake-hub.ts'

/** A log that a scripted hub keeps and reads from. The data of a message is its offset. */
export class FakeLog {
  base = 0
  readonly offsets: number[] = []
  /** Frames that replace those of their offsets. */
  readonly frames = new Map<number, RawFrame>()
  readonly #stage: Stage
  readonly #address: string

  constructor(stage: Stage, address = '#a') {
    this.#stage = stage
    this.#address = address
    stage.hub.script['read'] = (connection, [, ref, , range]) =>
      connection.write(['ok', ref, this.#page(range as Range)])
  }

  /** Stores messages up to an offset, without a word to the client. */
  grow(to: number): void {
    for (let at = this.top + 1; at <= to; at++) this.offsets.push(at)
  }

  /** Stores messages up to an offset, and delivers them. */
  deliver(to: number): void {
    const from = this.top + 1
    this.grow(to)
    const frames = []
    for (let at = from; at <= to; at++) frames.push(this.#frame(at))
    this.#stage.hub.at().write(...frames)
  }

  /** Removes the messages up to an offset. */
  trim(base: number): void {
    this.base = base
    while ((this.offsets[0] ?? Number.POSITIVE_INFINITY) <= base) this.offsets.shift()
  }

  get top(): number {
    return this.offsets.at(-1) ?? this.base
  }

  #frame(at: number): RawFrame {
    return this.frames.get(at) ?? msg(this.#address, at, { id: `e1.${at}` })
  }

  #page({ after, before, limit = 50 }: Range): object {
    const fitting = this.offsets.filter(
      (at) => at > (after ?? -1) && at < (before ?? Number.POSITIVE_INFINITY),
    )
    const some = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit)
    const { base, top } = this
    const messages = some.map((at) => this.#frame(at))
    return { epoch: 'e1', base, top, messages, more: some.length < fitting.length }
  }
}

interface Range {
  readonly after?: number
  readonly before?: number
  readonly limit?: number
}

/** Returns a log that has messages before the client joins it. */
export function grownLog(stage: Stage, top: number): FakeLog {
  const log = new FakeLog(stage)
  log.grow(top)
  stage.hub.streams.set('#a', { ...live(top), id: `e1.${top}` })
  return log
}

/** Joins a room with an empty log. */
export async function joinedRoom(
  stage: Stage,
): Promise<{ client: Client; room: ReturnType<Client['join']>; log: FakeLog }> {
  const client = await stage.connected()
  const room = client.join('#a')
  await stage.settle()
  return { client, room, log: new FakeLog(stage) }
}

/** Returns the offset of a message, or the reason and the offsets of a gap. */
export const short = (item: Message | MessageGap): unknown =>
  item.event === '$gap' && 'reason' in item
    ? [item.reason, item.from[1], item.to[1]]
    : (item as Message).position[1]

/** A loop in the background. */
interface Loop {
  /** Items so far, as {@link short} returns them. */
  readonly items: unknown[]
  error?: unknown
  /** `true` when the loop has ended without an error. */
  done?: true
}

/** Starts a loop over a cursor. */
export function follow(cursor: AsyncIterableIterator<Message | MessageGap>): Loop {
  const loop: Loop = { items: [] }
  const run = async (): Promise<void> => {
    for await (const item of cursor) loop.items.push(short(item))
    loop.done = true
  }
  run().catch((error: unknown) => {
    loop.error = error
  })
  return loop
}

/** Returns the whole numbers from the first to the last. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Returns the position of a message of a {@link FakeLog}. */
export const at = (offset: number): Position => ['e1', offset, offset === 0 ? null : `e1.${offset}`]
