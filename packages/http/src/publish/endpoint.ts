import {
  type AuthorizeRequest,
  ChatError,
  type ErrorCode,
  type MaybePromise,
  type Stored,
  systemRuntime,
  type User,
} from '@chat/core'
import {
  type ConnectRequest,
  checkHub,
  type Handshake,
  type MatchedPath,
  RequestHandler,
  RequestPlaces,
  type TransportHub,
} from '@chat/core/transport'
import { type Answer, jsonAnswer, refusedAnswer, textAnswer } from '../answer.ts'
import { type Body, type BodyFailure, readText } from '../body.ts'
import { checkPublishOptions, type PublishHandlerOptions } from './options.ts'
import { type PublishBody, parsePublishBody } from './request.ts'

/** Part of a hub that publishing uses: `Hub` has it. */
export interface PublishHub extends TransportHub {
  /** Returns the target for an address. */
  to(address: string): {
    send(event: string, data: unknown, options: SendingOptions): Promise<Stored>
    cast(event: string, data: unknown, options: CastingOptions): void
  }
  /** Asks the policy for a user. */
  may(user: User, request: PolicyRequest): Promise<Verdict>
}

type PolicyRequest = Omit<AuthorizeRequest, 'user' | 'session'>

/** Answer of the policy: `false`, or the permission and the data to store. */
type Verdict = boolean | { readonly data?: unknown; readonly meta?: Meta | null | undefined }

type Meta = Readonly<Record<string, string | number | boolean | null>>

/** The part of a request to publish that the policy may replace. */
interface Content {
  readonly data: unknown
  readonly meta: PublishBody['meta'] | null
  readonly from: string | undefined
}

interface SendingOptions {
  readonly from?: string | undefined
  readonly meta?: Meta | undefined
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal
}

interface CastingOptions {
  readonly from?: string | undefined
  readonly meta?: Meta | undefined
  readonly key?: string | undefined
}

/** Request of any server, with its method and body. */
export interface PublishRequest<Request> {
  /** HTTP method. */
  readonly method: string
  /** Path, headers and addresses. */
  readonly connect: ConnectRequest<Request>
  /** Returns the body; `null` when it was read before. */
  readonly body: () => Body | null
}

const defaultTimeout = 10_000
const defaultBodyTimeout = 10_000
/** Longest time in which `authenticate` must answer, in milliseconds. */
const patience = 10_000
const maxKeyLength = 255
/**
 * Most requests that are answered at a time, half of them for one address. They are no connections of the hub,
 * so its limits do not count them.
 */
const mostUnderWay = 6_000
/** Seconds after which a publisher may try again. */
const retryAfter = '1'

const bodyWasRead =
  'unable to publish: the body was read before, for example by express.json(); mount the handler before it'

const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  bad_request: 400,
  usage: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  bad_payload: 422,
  rate_limited: 429,
  busy: 503,
  unavailable: 503,
  closed: 503,
  timeout: 504,
  uncertain: 504,
}

const bodyFailures: Readonly<Record<BodyFailure, string>> = {
  400: 'unable to publish: the body broke off, or is not UTF-8',
  408: 'unable to publish: the body took too long',
  413: 'unable to publish: the body is too large',
  429: 'unable to publish: the body was given up',
}

/** Publishes what servers, scripts and functions post, the same for every server. */
export class PublishEndpoint<Request> {
  readonly #hub: PublishHub
  readonly #options: PublishHandlerOptions<Request>
  readonly #requests: RequestHandler<Request>
  readonly #underWay = new RequestPlaces(mostUnderWay)

  /** @throws UsageError when an option cannot work or does not exist. */
  constructor(hub: PublishHub, options: PublishHandlerOptions<Request>, usage: string) {
    checkHub(hub, usage)
    checkPublishOptions(options)
    this.#hub = hub
    this.#options = options
    this.#requests = new RequestHandler(hub, options)
  }

  /** Answers a request; returns `null` when it is not for this handler. Never rejects. */
  answer(request: PublishRequest<Request>): Promise<Answer> | null {
    const path = this.#requests.match(request.connect)
    if (path === null) return null
    if (request.method !== 'POST')
      return Promise.resolve(textAnswer(405, 'Publish with a POST.', { allow: 'POST' }))
    const address = this.#requests.addressOf(request.connect)
    if (!this.#underWay.hasRoom(address)) return Promise.resolve(tooMany)
    return this.#answer(request, path).finally(this.#underWay.enter(address))
  }

  async #answer(request: PublishRequest<Request>, path: MatchedPath): Promise<Answer> {
    const checked = await this.#requests.check(request.connect, path)
    return checked.outcome === 'refused'
      ? refusedAnswer(checked.refusal)
      : this.#publish(request, checked.handshake)
  }

  async #publish(request: PublishRequest<Request>, handshake: Handshake): Promise<Answer> {
    try {
      if (!isJson(handshake))
        return errorAnswer(415, 'bad_request', 'unable to publish: the content type is not application/json')
      const publisher = await this.#authenticate(request.connect, handshake)
      if (publisher === false || publisher === null) return unauthorized
      const text = await this.#read(request)
      if (typeof text !== 'string') return text
      return await this.#store(publisher, parsePublishBody(text), keyOf(handshake))
    } catch (error) {
      return this.#failed(error, request.connect)
    }
  }

  /** Asks the application. Its error, and its silence, are errors of the hub, too: no client is told of them. */
  async #authenticate(
    { native }: ConnectRequest<Request>,
    handshake: Handshake,
  ): Promise<boolean | User | null> {
    const [, token = null] = /^bearer +(\S+) *$/i.exec(handshake.headers['authorization'] ?? '') ?? []
    try {
      return await answered(this.#options.authenticate({ ...handshake, token, request: native }))
    } catch (error) {
      if (!(error instanceof ChatError)) this.#hub.reportError(error, 'authenticate')
      throw error
    }
  }

  async #read(request: PublishRequest<Request>): Promise<string | Answer> {
    const body = request.body()
    if (body === null) return errorAnswer(500, 'internal', bodyWasRead)
    const text = await readText(body, {
      bytes: this.#hub.limits.transmission,
      milliseconds: this.#options.bodyTimeout ?? defaultBodyTimeout,
      onChunk: () => {},
      waiter: { wake() {} },
    })
    return typeof text === 'string'
      ? text
      : errorAnswer(text, text === 413 ? 'too_large' : 'bad_request', bodyFailures[text])
  }

  async #store(publisher: true | User, body: PublishBody, key: string | undefined): Promise<Answer> {
    const { address, event, cast } = body
    const allowed = publisher === true ? body : await this.#allowed(publisher, body)
    const { data, from } = allowed
    const meta = (allowed.meta ?? undefined) as Meta | undefined
    const target = this.#hub.to(address)
    if (cast) {
      target.cast(event, data, { from, meta, key: body.key })
      return jsonAnswer(202, {})
    }
    const signal = AbortSignal.timeout(this.#options.timeout ?? defaultTimeout)
    const stored = await target.send(event, data, { from, meta, idempotencyKey: key, signal })
    return jsonAnswer(200, stored)
  }

  /** Asks the policy, and returns the message as the policy lets it pass. */
  async #allowed(user: User, body: PublishBody): Promise<Content> {
    if (body.from !== undefined && body.from !== user.id)
      throw new ChatError('forbidden', "unable to publish: 'from' is another user")
    const { address, event, data, meta } = body
    const request = { action: body.cast ? 'cast' : 'send', address, event, data, meta } as PolicyRequest
    const verdict = await this.#hub.may(user, request)
    if (verdict === false) throw new ChatError('forbidden', 'unable to publish: not allowed')
    const replaced = verdict === true ? {} : verdict
    return {
      data: replaced.data === undefined ? data : replaced.data,
      meta: replaced.meta === undefined ? meta : replaced.meta,
      from: user.id,
    }
  }

  #failed(error: unknown, request: ConnectRequest<Request>): Answer {
    const status =
      error instanceof ChatError ? (statusOf[error.code] ?? (error.code.includes('/') ? 422 : 500)) : 500
    if (error instanceof ChatError && status !== 500)
      return errorAnswer(status, error.code, error.message, error)
    this.#requests.refuse({ status: 500, message: 'The request could not be published.', error }, request)
    return errorAnswer(500, 'internal', 'unable to publish: the server has failed')
  }
}

/** Waits for the application's answer, which must come in time: a request that waits takes a place of all. */
function answered<T>(answer: MaybePromise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = `unable to publish: 'authenticate' has not answered within ${patience} ms`
    const undo = systemRuntime.timer(patience, () => reject(new Error(late)), 'upkeep')
    Promise.resolve(answer).then(resolve, reject).finally(undo)
  })
}

const isJson = ({ headers }: Handshake): boolean =>
  /^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '')

/** @throws ChatError `bad_request` for a key that is empty or too long. */
function keyOf({ headers }: Handshake): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined || (key !== '' && key.length <= maxKeyLength)) return key
  throw new ChatError(
    'bad_request',
    `unable to publish: the header Idempotency-Key has ${key.length} characters; give 1 to ${maxKeyLength}`,
  )
}

const unauthorized: Answer = {
  ...errorAnswer(401, 'unauthorized', 'unable to publish: the credentials are missing or wrong'),
  headers: { ...errorAnswer(401, 'unauthorized', '').headers, 'www-authenticate': 'Bearer' },
}

const tooMany = errorAnswer(503, 'busy', 'unable to publish: too many requests are under way')

/** Returns the answer to a request that was not published. */
function errorAnswer(
  status: number,
  code: ErrorCode,
  message: string,
  { detail, retryAfter: wait }: { readonly detail?: unknown; readonly retryAfter?: number | undefined } = {},
): Answer {
  const answer = jsonAnswer(status, { code, message, detail })
  if (status !== 429 && status !== 503) return answer
  const seconds = wait === undefined ? retryAfter : String(Math.ceil(wait / 1000))
  return { ...answer, headers: { ...answer.headers, 'retry-after': seconds } }
}
