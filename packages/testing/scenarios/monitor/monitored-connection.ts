import type { Batch, Connection, Sink } from '@chat/core/transport'
import { WrappedConnection } from '../../src/world/wrapped-connection.ts'
import type { ConnectionMonitor } from './connection-monitor.ts'

/** What each batch says: connections that share one share this. */
const parsedBatches = new WeakMap<Batch, readonly unknown[][]>()

const framesOf = (transmission: string): unknown[][] =>
  transmission.split('\n').map((line) => JSON.parse(line) as unknown[])

/** A hub's end of a connection, overheard. */
export class MonitoredConnection extends WrappedConnection {
  readonly #conversation: ConnectionMonitor

  constructor(connection: Connection, conversation: ConnectionMonitor) {
    super(connection)
    this.#conversation = conversation
  }

  override attach(sink: Sink): void {
    const conversation = this.#conversation
    super.attach({
      receive: (transmission) => {
        for (const frame of framesOf(String(transmission))) conversation.clientFrame(frame)
        sink.receive(transmission)
      },
      drain: () => sink.drain(),
      closed: (code, reason) => {
        conversation.ended = true
        sink.closed(code, reason)
      },
    })
  }

  override send(batch: Batch): boolean {
    const frames = parsedBatches.get(batch) ?? framesOf(batch.text)
    parsedBatches.set(batch, frames)
    for (const frame of frames) this.#conversation.hubFrame(frame)
    const room = super.send(batch)
    this.#conversation.checkBuffered(this.bufferedAmount)
    return room
  }

  override close(code: number, reason: string): void {
    this.#conversation.hubCloses(code)
    super.close(code, reason)
  }

  override abort(error: Error): void {
    this.#conversation.ended = true
    super.abort(error)
  }
}
