import type { Batch, Connection, Sink } from '@chat/core/transport'
import { WrappedConnection } from '../../src/world/wrapped-connection.ts'
import type { ConnectionMonitor } from './connection-monitor.ts'

/** Frames of each batch; connections that share a batch share its frames. */
const parsedBatches = new WeakMap<Batch, readonly unknown[][]>()

const framesOf = (transmission: string): unknown[][] =>
  transmission.split('\n').map((line) => JSON.parse(line) as unknown[])

/** A connection of a hub whose frames a monitor checks. */
export class MonitoredConnection extends WrappedConnection {
  readonly #monitor: ConnectionMonitor

  constructor(connection: Connection, monitor: ConnectionMonitor) {
    super(connection)
    this.#monitor = monitor
  }

  override attach(sink: Sink): void {
    const monitor = this.#monitor
    super.attach({
      receive: (transmission) => {
        for (const frame of framesOf(String(transmission))) monitor.clientFrame(frame)
        sink.receive(transmission)
      },
      drain: () => sink.drain(),
      closed: (code, reason) => {
        monitor.ended = true
        sink.closed(code, reason)
      },
    })
  }

  override send(batch: Batch): boolean {
    const frames = parsedBatches.get(batch) ?? framesOf(batch.text)
    parsedBatches.set(batch, frames)
    for (const frame of frames) this.#monitor.hubFrame(frame)
    const room = super.send(batch)
    this.#monitor.checkBuffered(this.bufferedAmount)
    return room
  }

  override close(code: number, reason: string): void {
    this.#monitor.hubCloses(code)
    super.close(code, reason)
  }

  override abort(error: Error): void {
    this.#monitor.ended = true
    super.abort(error)
  }
}
