import { ProtocolClient } from '@chat/testing/conformance'
import { WebSocket } from 'ws'
import type { Example } from './example.ts'

/** URL of the example's hub. */
export const hubOf = ({ url }: Example): string => `${url.replace('http', 'ws')}/chat`

/** Opens a connection to a hub, without a `hello`. */
export const connect = (url: string): Promise<ProtocolClient> =>
  new ProtocolClient(new WebSocket(url, 'chat.v1.json')).opened()

/** Opens a connection to a hub and says `hello`. The `welcome` is not awaited and may never come. */
export async function greet(url: string, hello: object): Promise<ProtocolClient> {
  const client = await connect(url)
  client.write(['hello', { v: [1, 1], ...hello }])
  return client
}

/** Opens a connection to a hub, says `hello` and waits for the `welcome`. */
export async function welcomed(url: string, hello: object): Promise<ProtocolClient> {
  const client = await greet(url, hello)
  await client.welcomed()
  return client
}
