import { hello } from './raw-client.ts'
import { nobody, ScriptedConnection } from './scripted-connection.ts'
import type { Stage } from './stage.ts'

/** Connects a client whose transport takes only as many bytes as a test allows. */
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

/** Lets the peer take all bytes, including bytes that follow meanwhile. */
export async function drained(s: Stage, connection: ScriptedConnection): Promise<void> {
  while (connection.bufferedAmount > 0) {
    connection.take()
    await s.settle()
  }
}
