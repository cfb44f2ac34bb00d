import { systemRuntime, UsageError } from '@chat/core'
import {
  Admission,
  type AdmissionOptions,
  type Admitted,
  type ConnectRequest,
  type Place,
  type Refusal,
  type TransportHub,
} from '@chat/core/transport'
import { type Answer, allowing, plain, preflightAnswer, refused, streamAnswer } from './answer.ts'
import type { Body } from './body.ts'
import { HttpConnection, type Post } from './connection.ts'
import type { Posted } from './intake.ts'
import type { HttpExtra, HttpHandlerOptions } from './options.ts'
import { header } from './wire.ts'

/** A request, in terms of no server in particular. */
export interface Incoming {
  readonly method: string
  /** The target as it came, or the whole URL. */
  readonly url: string | undefined
  readonly request: ConnectRequest
  /** The body; `null` when somebody has read it already. */
  readonly body: () => Body | null
  /** The address that the server listens on; `null` when nobody knows. */
  readonly boundTo: () => string | null
  readonly context: () => unknown
  readonly refused: (refusal: Refusal) => void
}

type Settings = Required<
  Pick<HttpHandlerOptions<never>, 'maxConnections' | 'heartbeat' | 'padding' | 'bodyTimeout'>
>

const defaults: Settings = { maxConnections: 10_000, heartbeat: 8_000, padding: 2_048, bodyTimeout: 10_000 }

/** 24 of six bits each: nobody guesses one. */
const idLength = 24
/** When to come back, in seconds, where there is no place. */
const patience = '5'

const foreignPage: Refusal = {
  status: 403,
  message:
    'This origin may not connect. Pages of the same origin may; others when the `origins` option lists them.',
}

const words: Readonly<Record<Exclude<Posted, 204>, string>> = {
  400: 'The body broke off, or is no UTF-8.',
  404: 'There is no such connection here. Requests of one client must reach one process.',
  408: 'The body took too long.',
  409: 'A transmission is missing before this one.',
  413: 'The transmission is too large.',
  429: 'Another request with this number has come.',
}

const consumed =
  'Something before the hub has read the body, such as express.json(). The handler of @chat/http must stand before it.'

/** A connection, and which requests may speak for it. */
interface Member {
  readonly connection: HttpConnection
  readonly path: string
  readonly origin: string | null
}

/** What answers the requests for a hub: the same for every server (PROTOCOL §12). */
export class Endpoint {
  readonly #hub: TransportHub
  readonly #settings: Settings
  readonly #admission: Admission
  /** A hub that is closing takes nobody, and still hears those it has. */
  readonly #hearing: Admission
  readonly #members = new Map<string, Member>()
  #beating = false
  #detached = false

  /** @throws UsageError when an option cannot work. */
  constructor(hub: TransportHub, options: AdmissionOptions & Partial<Settings>) {
    this.#hub = hub
    this.#settings = settingsOf(options)
    this.#admission = new Admission(hub, options)
    this.#hearing = new Admission({ closing: false }, options)
  }

  detach(): void {
    this.#detached = true
  }

  /** Answers a request; `null` when it is none of the hub's. */
  take(incoming: Incoming): Answer | Promise<Answer> | null {
    const place = this.#admission.match(incoming.url)
    if (place === null) return null
    const { headers } = incoming.request
    switch (incoming.method) {
      case 'GET':
        return this.#detached || !acceptsEvents(headers['accept']) ? null : this.#open(incoming, place)
      case 'POST':
        return this.#post(incoming, place)
      case 'OPTIONS':
        return 'access-control-request-method' in headers ? this.#preflight(incoming, place) : null
      default:
        return null
    }
  }

  #preflight(incoming: Incoming, place: Place): Answer {
    const admitted = this.#examine(this.#hearing, incoming, place)
    return 'status' in admitted ? refused(admitted) : preflightAnswer(admitted.handshake.origin)
  }

  #open(incoming: Incoming, place: Place): Answer {
    const admitted = this.#examine(this.#admission, incoming, place)
    if ('status' in admitted) return refused(admitted, this.#readable(admitted, incoming, place))
    const { handshake, context } = admitted
    const headers = allowing(handshake.origin)
    if (this.#members.size >= this.#settings.maxConnections)
      return plain(429, 'There are too many connections.', { ...headers, 'retry-after': patience })
    const offered = (handshake.headers[header.protocol] ?? '').split(',').map((name) => name.trim())
    const protocol = offered.find((name) => this.#hub.subprotocols.includes(name)) ?? ''
    const connection = this.#connection(protocol, { context })
    this.#members.set(connection.id, { connection, path: handshake.path, origin: handshake.origin })
    this.#beat()
    this.#hub.accept(connection, handshake)
    if (protocol !== '') headers[header.protocol] = protocol
    return streamAnswer(connection.stream, headers)
  }

  #connection(protocol: string, extra: HttpExtra): HttpConnection {
    const { padding, bodyTimeout } = this.#settings
    return new HttpConnection({
      id: systemRuntime.id(idLength),
      protocol,
      extra,
      limit: this.#hub.limits.transmission,
      padding,
      bodyTimeout,
      forget: ({ id }) => this.#members.delete(id),
    })
  }

  #post(incoming: Incoming, place: Place): Answer | Promise<Answer> {
    const admitted = this.#examine(this.#hearing, incoming, place)
    if ('status' in admitted) return refused(admitted)
    const { headers, origin, path } = admitted.handshake
    const cors = allowing(origin)
    const seq = seqOf(headers[header.seq])
    const id = headers[header.connection]
    if (!isJson(headers) || id === undefined || seq === null)
      return plain(415, 'A POST has application/json, Chat-Connection and Chat-Seq.', cors)
    const member = this.#members.get(id)
    // Who speaks from somewhere else is told no more than who guesses.
    if (member === undefined || member.path !== path || !isSame(member.origin, origin))
      return plain(404, words[404], cors)
    const body = incoming.body()
    if (body === null) return plain(500, consumed, cors)
    const announced = Number(headers['content-length'] ?? 0)
    return take(member.connection, { seq, body, announced, event: headers[header.event] }, cors)
  }

  #examine(admission: Admission, incoming: Incoming, place: Place): Admitted | Refusal {
    const { request, boundTo } = incoming
    const context = admission === this.#admission ? incoming.context : (): undefined => undefined
    const outcome = isForeign(request.headers)
      ? foreignPage
      : admission.examine({ place, request, boundTo, context })
    if ('status' in outcome) incoming.refused(outcome)
    return outcome
  }

  /** What lets a page that may connect at other times read why it may not now. */
  #readable({ status }: Refusal, { request, boundTo }: Incoming, place: Place): Record<string, string> {
    if (status !== 503) return {}
    const admitted = this.#hearing.examine({ place, request, boundTo, context: () => undefined })
    return 'status' in admitted ? {} : allowing(admitted.handshake.origin)
  }

  /** One timer for all, while there are any. */
  #beat(): void {
    if (this.#beating) return
    this.#beating = true
    const beat = (): void => {
      this.#beating = false
      for (const { connection } of this.#members.values()) connection.beat()
      if (this.#members.size > 0) this.#beat()
    }
    // A process whose server has closed does not wait for it.
    systemRuntime.timer(this.#settings.heartbeat / 2, beat, 'upkeep')
  }
}

async function take(connection: HttpConnection, post: Post, cors: Record<string, string>): Promise<Answer> {
  const posted = await connection.post(post)
  if (posted === 204) return plain(204, null, cors)
  return plain(posted, words[posted], posted === 429 ? { ...cors, 'retry-after': '1' } : cors)
}

function settingsOf(options: Partial<Settings>): Settings {
  const settings = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Settings)[]) {
    const value = options[name] ?? defaults[name]
    if (!(value >= (name === 'padding' ? 0 : 1)))
      throw new UsageError(`unable to take clients over HTTP: the option \`${name}\` is no positive number`)
    settings[name] = value
  }
  return settings
}

const acceptsEvents = (accept = ''): boolean => accept.toLowerCase().includes('text/event-stream')

/** A page's own headers and this type take a foreign page to the preflight, and so keep it out (P-HT-3). */
function isJson(headers: Readonly<Record<string, string>>): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return type.trim().toLowerCase() === 'application/json' && !('content-encoding' in headers)
}

function seqOf(text = ''): number | null {
  const seq = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0
  return seq >= 1 && Number.isSafeInteger(seq) ? seq : null
}

/** A page's GET to its own origin has no `Origin`, its POST has one. */
const isSame = (opened: string | null, posted: string | null): boolean => opened === null || opened === posted

/** A request without `Origin` may come from a foreign page all the same, which could not read the answer: browsers say so. */
function isForeign(headers: Readonly<Record<string, string>>): boolean {
  const site = headers['sec-fetch-site']
  return !('origin' in headers) && (site === 'cross-site' || site === 'same-site')
}
