import { ChatError, type Position, type Runtime, UsageError } from '@chat/core'
import { type Backplane, checkOptionsWithHint, type JsonText, LogWriter, readLog } from '@chat/core/backplane'
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

/** Options of {@link mcpEventStore}. */
export interface EventStoreOptions {
  /** Clock, timers and randomness. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

/**
 * Returns the event store of a session of MCP over the log of a backplane, for the option `eventStore` of
 * `StreamableHTTPServerTransport`. A client whose connection was lost gets the messages after its last event, each
 * once, also from another process that shares the backplane.
 *
 * ```ts
 * const session = randomUUID()
 * const transport = new StreamableHTTPServerTransport({
 *   sessionIdGenerator: () => session,
 *   eventStore: mcpEventStore(backplane, session),
 * })
 * ```
 *
 * The messages of a session are a log of their own, which clients of a hub cannot reach. The retention of the backplane
 * decides how many are kept. A replay after an event that is no longer kept fails: the transport answers it with 500.
 *
 * @param session - The id of the session, 1 to 128 characters. Sessions must not share a store: the streams of two
 * sessions may have the same id.
 * @throws UsageError when the id is no such text, or an option does not exist.
 */
export function mcpEventStore(
  backplane: Backplane,
  session: string,
  options: EventStoreOptions = {},
): EventStore {
  const operation = 'make an event store'
  checkOptionsWithHint(operation, options, { runtime: true })
  if (typeof session !== 'string' || session.length < 1 || session.length > 128)
    throw new UsageError(`unable to ${operation}: the id of a session has 1 to 128 characters`)
  return new BackplaneEventStore(backplane, `mcp:${session}`, options)
}

/** Entry of the log: a message, and the stream of the transport that it belongs to. */
interface StoredEvent {
  readonly stream: string
  readonly message: JSONRPCMessage
}

class BackplaneEventStore implements EventStore {
  readonly #backplane: Backplane
  readonly #log: string
  readonly #writer: LogWriter

  constructor(backplane: Backplane, log: string, options: EventStoreOptions) {
    this.#backplane = backplane
    this.#log = log
    this.#writer = new LogWriter(backplane, log, options)
  }

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const event: StoredEvent = { stream, message }
    return eventId(stream, await this.#writer.append('message', JSON.stringify(event) as JsonText))
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return parseEventId(id)?.stream
  }

  async replayEventsAfter(
    id: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const place = parseEventId(id)
    if (place === null) throw new ChatError('bad_request', 'unable to replay: the id belongs to no event')
    for await (const entry of readLog(this.#backplane, this.#log, { after: place.position })) {
      const { stream, message } = JSON.parse(entry.data) as StoredEvent
      // The transport stores an empty message at the beginning of a stream, for its position alone.
      if (stream === place.stream && 'jsonrpc' in message)
        await send(eventId(stream, entry.position), message)
    }
    return place.stream
  }
}

/** Returns the id of an event: its position and its stream, as texts without line ends. */
const eventId = (stream: string, position: Position): string =>
  [...position, stream].map((part) => encodeURIComponent(part ?? '')).join('/')

/** Reads an id from a client; `null` for a text that is no id. */
function parseEventId(id: string): { readonly position: Position; readonly stream: string } | null {
  const parts = id.split('/')
  const [epoch = '', at = '', entry = '', stream = ''] = parts.map(decode)
  if (parts.length !== 4 || epoch === '' || entry === '' || stream === '') return null
  return /^[1-9]\d{0,15}$/.test(at) ? { position: [epoch, Number(at), entry], stream } : null
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
