import {
  type AdmissionOptions,
  type Admitted,
  ConnectRequest,
  isPromise,
  type MaybePromise,
  type Refusal,
  RequestHandler,
  type RequestOptions,
  type TransportHub,
} from '@chat/core/transport'

/** A request of a test, as its server sees it. */
export interface TestRequest {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly boundTo?: string
  readonly context?: () => unknown
  readonly closing?: boolean
}

/** A hub that accepts no connection. */
export function hubOf(closing = false): TransportHub {
  return {
    closing,
    limits: { transmission: 262_144, queue: 1_048_576 },
    subprotocols: ['chat.v1.json'],
    checkAdmission: () => null,
    reportError() {},
    accept() {
      throw new Error('a RequestHandler hands over no connections')
    },
  }
}

/** A request handler of a hub that is not closing. */
export function handlerOf(options: RequestOptions<string> = {}): RequestHandler<string> {
  return new RequestHandler(hubOf(), options)
}

/** Describes a request; its `native` is its URL. */
export function requestOf({ url = '/chat', headers = {}, boundTo }: TestRequest): ConnectRequest<string> {
  return new ConnectRequest({
    native: url,
    url,
    headers: Object.entries(headers),
    remoteAddress: () => '192.0.2.7',
    boundTo: () => (boundTo === undefined ? null : { address: boundTo }),
  })
}

/** Returns a decision that was made in the same call. */
export function atOnce<T>(decision: MaybePromise<T>): T {
  if (isPromise(decision)) throw new Error('the decision is a promise')
  return decision as T
}

/** Decides on an upgrade; `null` when the path is not the hub's. */
export function decide(options: AdmissionOptions, request: TestRequest): Admitted | Refusal | null {
  const { context, closing = false } = request
  const all = context === undefined ? options : { ...options, context }
  const handler = new RequestHandler<string>(hubOf(closing), all)
  const decision = atOnce(handler.decideUpgrade(requestOf(request)))
  if (decision.outcome === 'not-for-hub') return null
  return decision.outcome === 'refused' ? decision.refusal : decision
}

/** Returns the status of a refusal, 101 for a request that is admitted, or `null` when the path is not the hub's. */
export function status(options: AdmissionOptions, request: TestRequest): number | null {
  const outcome = decide(options, request)
  if (outcome === null) return null
  return 'status' in outcome ? outcome.status : 101
}

/** Returns the decision on a request that must be admitted. */
export function admitted(options: AdmissionOptions, request: TestRequest): Admitted {
  const outcome = decide(options, request)
  if (outcome === null || 'status' in outcome) throw new Error(`refused: ${outcome?.message ?? 'the path'}`)
  return outcome
}
