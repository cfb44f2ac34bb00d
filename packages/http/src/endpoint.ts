import { systemRuntime, UsageError } from '@chat/core'
import {
  type Admitted,
  agreedProtocol,
  type Complete,
  type ConnectRequest,
  chain,
  checkHub,
  checkOptionsWithHint,
  describe,
  foreignOrigin,
  type Handshake,
  type MatchedPath,
  type MaybePromise,
  type Refused,
  RequestHandler,
  type TransportHub,
} from '@chat/core/transport'
import {
  type Answer,
  corsHeaders,
  preflightAnswer,
  refusedAnswer,
  streamAnswer,
  textAnswer,
} from './answer.ts'
import type { Body } from './body.ts'
import { HttpConnection, type Post } from './connection.ts'
import { header } from './http-binding.ts'
import { type HttpExtra, type HttpHandlerOptions, optionNames } from './options.ts'
import type { PostStatus } from './post-reader.ts'

/** Request of any server, with its method and body. */
export interface EndpointRequest<Request> {
  /** HTTP method. */
  readonly method: string
  /** Path, headers and addresses. */
  readonly connect: ConnectRequest<Request>
  /** Returns the body; `null` when it was read before. */
  readonly body: () => Body | null
  /**
   * Resolves with `false` when the client takes the request back at once, which over HTTP/2 costs it a few bytes.
   * Default: every request stays.
   */
  readonly stays?: () => Promise<boolean>
}

type Settings = Complete<Pick<HttpHandlerOptions<never>, 'heartbeat' | 'padding' | 'bodyTimeout'>>

const defaults: Settings = { heartbeat: 8_000, padding: 2_048, bodyTimeout: 10_000 }

/** Characters of a connection's id, of six bits each: no client can guess an id. */
const idLength = 24

const messages: Readonly<Record<Exclude<PostStatus, 204>, string>> = {
  400: 'The body broke off, or is not UTF-8.',
  404: 'There is no such connection here. Requests of one client must reach one process.',
  408: 'The body took too long.',
  409: 'A transmission is missing before this one.',
  413: 'The transmission is too large.',
  429: 'Another request with this number has come.',
}

const bodyWasRead =
  'The body was read before the hub got the request, for example by express.json(). Mount the handler of @chat/http before it.'

/** A connection, and the path and origin that its POSTs must come from. */
interface OpenConnection {
  readonly connection: HttpConnection
  readonly path: string
  readonly origin: string | null
}

/** Answers the requests for a hub, the same for every server (PROTOCOL §12). */
export class Endpoint<Request> {
  readonly #hub: TransportHub
  readonly #settings: Settings
  /** Start of the connection ids. */
  readonly #route: string
  readonly #requests: RequestHandler<Request>
  readonly #connections = new Map<string, OpenConnection>()
  #beating = false

  /** @throws UsageError when an option cannot work or does not exist. */
  constructor(hub: TransportHub, options: HttpHandlerOptions<Request>, usage: string) {
    checkHub(hub, usage)
    checkOptionsWithHint('serve the hub', options, optionNames)
    this.#hub = hub
    this.#settings = settingsOf(options)
    this.#route = routeOf(options.route)
    this.#requests = new RequestHandler(hub, options)
  }

  /** Opens no further connections; POSTs of open connections are still answered. */
  detach(): void {
    this.#requests.detach()
  }

  /** Answers a request; returns `null` when it is not for the hub. */
  answer(request: EndpointRequest<Request>): MaybePromise<Answer> | null {
    const { connect } = request
    const path = this.#requests.match(connect)
    if (path === null) return null
    switch (request.method) {
      case 'GET':
        return this.#requests.detached || !acceptsEvents(connect.headers)
          ? null
          : this.#openOrSkip(request, path)
      case 'POST':
        return this.#post(request, path)
      case 'OPTIONS':
        return 'access-control-request-method' in connect.headers ? this.#preflight(connect, path) : null
      default:
        return null
    }
  }

  #preflight(connect: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Answer> {
    return chain(this.#check(connect, path), (checked) =>
      checked.outcome === 'refused'
        ? refusedAnswer(checked.refusal)
        : preflightAnswer(checked.handshake.origin),
    )
  }

  #openOrSkip({ connect, stays }: EndpointRequest<Request>, path: MatchedPath): MaybePromise<Answer> {
    if (stays === undefined) return this.#open(connect, path)
    return stays().then((stay) =>
      stay ? this.#open(connect, path) : textAnswer(408, 'The client has gone.'),
    )
  }

  #open(connect: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Answer> {
    const decision = isForeign(connect.headers)
      ? this.#requests.refuse(foreignOrigin, connect)
      : this.#requests.admit(connect, path)
    return chain(decision, (decided) =>
      decided.outcome === 'admitted'
        ? this.#enter(decided)
        : chain(this.#corsOfRefused(decided, connect, path), (cors) => refusedAnswer(decided.refusal, cors)),
    )
  }

  #enter({ handshake, context }: Admitted): Answer {
    const headers = corsHeaders(handshake.origin)
    const protocol = agreedProtocol(handshake.headers[header.protocol], this.#hub.subprotocols)
    const connection = this.#connection(protocol, { context })
    this.#connections.set(connection.id, { connection, path: handshake.path, origin: handshake.origin })
    this.#beat()
    this.#hub.accept(connection, handshake)
    if (protocol !== '') headers[header.protocol] = protocol
    return streamAnswer(connection.stream, headers)
  }

  #connection(protocol: string, extra: HttpExtra): HttpConnection {
    const { padding, bodyTimeout } = this.#settings
    return new HttpConnection({
      id: this.#route + systemRuntime.id(idLength),
      protocol,
      extra,
      limit: this.#hub.limits.transmission,
      padding,
      bodyTimeout,
      onEnd: ({ id }) => this.#connections.delete(id),
    })
  }

  #post({ connect, body }: EndpointRequest<Request>, path: MatchedPath): MaybePromise<Answer> {
    return chain(this.#check(connect, path), (checked) =>
      checked.outcome === 'refused'
        ? refusedAnswer(checked.refusal)
        : this.#answerPost(checked.handshake, body),
    )
  }

  #answerPost(
    { headers, origin, path: requested }: Handshake,
    bodyOf: () => Body | null,
  ): MaybePromise<Answer> {
    const cors = corsHeaders(origin)
    const seq = seqOf(headers[header.seq])
    const id = headers[header.connection]
    if (!isJson(headers) || id === undefined || seq === null)
      return textAnswer(415, 'A POST has application/json, Chat-Connection and Chat-Seq.', cors)
    const open = this.#connections.get(id)
    // A page of another origin is told no more than a client that guesses ids.
    if (open === undefined || open.path !== requested || !mayPost(open.origin, origin))
      return textAnswer(404, messages[404], cors)
    const body = bodyOf()
    if (body === null) return textAnswer(500, bodyWasRead, cors)
    const announced = Number(headers['content-length'] ?? 0)
    return answerPost(open.connection, { seq, body, announced, event: headers[header.event] }, cors)
  }

  /** Checks a request of a connection that exists. A hub that shuts down still answers it. */
  #check(connect: ConnectRequest<Request>, path: MatchedPath): MaybePromise<Admitted | Refused> {
    if (isForeign(connect.headers)) return this.#requests.refuse(foreignOrigin, connect)
    return chain(this.#requests.check(connect, path), (checked) =>
      checked.outcome === 'refused' ? this.#requests.refuse(checked.refusal, connect) : checked,
    )
  }

  /** Lets a page read why it may not connect now, if it may connect at other times. */
  #corsOfRefused(
    { refusal }: Refused,
    connect: ConnectRequest<Request>,
    path: MatchedPath,
  ): MaybePromise<Record<string, string>> {
    if (refusal.status !== 429 && refusal.status !== 503) return {}
    return chain(this.#requests.check(connect, path), (checked) =>
      checked.outcome === 'refused' ? {} : corsHeaders(checked.handshake.origin),
    )
  }

  /** Runs one timer for all connections, while there are any. */
  #beat(): void {
    if (this.#beating) return
    this.#beating = true
    const beat = (): void => {
      this.#beating = false
      for (const { connection } of this.#connections.values()) connection.beat()
      if (this.#connections.size > 0) this.#beat()
    }
    // The timer does not keep a process running after its server has closed.
    systemRuntime.timer(this.#settings.heartbeat / 2, beat, 'upkeep')
  }
}

async function answerPost(
  connection: HttpConnection,
  post: Post,
  cors: Record<string, string>,
): Promise<Answer> {
  const status = await connection.readPost(post)
  if (status === 204) return textAnswer(204, null, cors)
  return textAnswer(status, messages[status], status === 429 ? { ...cors, 'retry-after': '1' } : cors)
}

function settingsOf(options: HttpHandlerOptions<never>): Settings {
  const settings = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Settings)[]) {
    const given: unknown = options[name]
    const value = given === undefined ? defaults[name] : given
    const least = name === 'padding' ? 0 : 1
    if (!(typeof value === 'number' && value >= least))
      throw new UsageError(
        `unable to serve the hub: the option '${name}' is ${describe(value)}; give a number of at least ${least}`,
      )
    settings[name] = value
  }
  return settings
}

/** Returns the start of the connection ids that the option `route` asks for. */
function routeOf(route: unknown): string {
  if (route === undefined) return ''
  if (typeof route === 'string' && /^[A-Za-z0-9]{1,32}$/.test(route)) return `${route}-`
  throw new UsageError(
    `unable to serve the hub: the option 'route' is ${describe(route)}; give 1–32 characters of [A-Za-z0-9]`,
  )
}

type Headers = Readonly<Record<string, string>>

const acceptsEvents = ({ accept = '' }: Headers): boolean =>
  accept.toLowerCase().includes('text/event-stream')

/**
 * This type and the headers of the binding force a page of another origin into a preflight, which keeps it
 * out (P-HT-3).
 */
function isJson(headers: Headers): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return type.trim().toLowerCase() === 'application/json' && !('content-encoding' in headers)
}

function seqOf(text = ''): number | null {
  const seq = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0
  return seq >= 1 && Number.isSafeInteger(seq) ? seq : null
}

/** A page's GET to its own origin has no `Origin`; its POST has the header. */
const mayPost = (opened: string | null, posted: string | null): boolean =>
  opened === null || opened === posted

/**
 * A request without `Origin` may still come from a foreign page, which could not read the answer: browsers
 * mark it.
 */
function isForeign(headers: Headers): boolean {
  const site = headers['sec-fetch-site']
  return !('origin' in headers) && (site === 'cross-site' || site === 'same-site')
}
