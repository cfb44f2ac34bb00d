import type { OpenReaders } from '../../contract/stream.ts'
import type { StreamClient } from './stream-client.ts'
import { StreamReaders } from './stream-readers.ts'

/**
 * Lets a client with a contract of types alone read streams. A contract with validators brings it along.
 *
 * ```ts
 * const client = connect<Chat>('/chat', { streams: readStreams })
 * ```
 */
export const readStreams: OpenReaders = (client: StreamClient) => new StreamReaders(client)
