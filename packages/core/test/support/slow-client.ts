import { hello } from './raw-client.ts'
import { nobody, ScriptedConnection } from './scripted-connection.ts'
import type { Stage } from './stage.ts'

/** A client whose transport takes as much as a test lets it. */
export async function slow(s: Stage, streams: string[] = ['#a']): Promise<ScriptedConnection> {
  const connection = new ScriptedConnection()
  connection.highWaterMark = 16 * 1024
  s.hub.accept(connection, nobody)
  const wanted = Object.fromEntries(streams.map((address) => [address, null]))
  connection.deliver(JSON.stringify(hello('slow', { streams: wanted })))
  await s.settle()
  connection.take()
  await s.settle()
  return connection
}

/** Lets the peer take everything, however often more comes. */
export async function drained(s: Stage, connection: ScriptedConnection): Promise<void> {
  while (connection.bufferedAmount > 0) {
    connection.take()
    await s.settle()
  }
}
