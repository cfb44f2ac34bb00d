import type { MaybePromise, User } from '@chat/core'
import { UsageError } from '@chat/core'
import {
  type AdmissionOptions,
  checkDuration,
  checkOptionsWithHint,
  describe,
  type Handshake,
  type OptionNames,
  type RequestOptions,
  requestOptionNames,
} from '@chat/core/transport'

/** Facts about a request to publish, for `authenticate`. */
export interface PublishCredentials<Request> extends Handshake {
  /** The token of the header `Authorization: Bearer …`; `null` without such a header. */
  readonly token: string | null
  /** The server's own request. Its body belongs to the handler. */
  readonly request: Request
}

/** Options of `publishHandler` and `nodePublishHandler`. `Request` is the type of the host's requests. */
export interface PublishHandlerOptions<Request>
  extends AdmissionOptions,
    Pick<RequestOptions<Request>, 'onRefused'> {
  /**
   * Decides in whose name a request publishes. Required, because a request that is let in can speak to every
   * address.
   *
   * - `true`: in the name of the hub. `authorize` is not asked, and the request may name any sender in `from`.
   * - a {@link @chat/core!index.User | User}: in the name of this user. `authorize` is asked as for a send of
   *   the user's client, and its answer may replace the data.
   * - `false` or `null`: the request is answered with 401.
   *
   * A throw, and no answer within ten seconds, are answered with 500, and the hub reports the error in `$error`.
   *
   * Compare a secret in constant time, for example with `timingSafeEqual` of `node:crypto`.
   */
  readonly authenticate: (credentials: PublishCredentials<Request>) => MaybePromise<boolean | User | null>
  /**
   * Time to wait for the log, in milliseconds. After it the request is answered with 504: the message may or
   * may not be stored, and the same request with the same `Idempotency-Key` is safe. Default: 10 000.
   */
  readonly timeout?: number | undefined
  /** Maximum time that the body of a request may take to arrive, in milliseconds. Default: 10 000. */
  readonly bodyTimeout?: number | undefined
}

const optionNames: OptionNames<PublishHandlerOptions<never>> = {
  path: requestOptionNames.path,
  origins: requestOptionNames.origins,
  hosts: requestOptionNames.hosts,
  trustProxy: requestOptionNames.trustProxy,
  onRefused: requestOptionNames.onRefused,
  authenticate: true,
  timeout: true,
  bodyTimeout: true,
}

/** @throws UsageError when an option cannot work or does not exist. */
export function checkPublishOptions<Request>(options: PublishHandlerOptions<Request>): void {
  const making = 'publish over HTTP'
  checkOptionsWithHint(making, options, optionNames)
  if (typeof options?.authenticate !== 'function')
    throw new UsageError(
      `unable to ${making}: the option 'authenticate' is ${describe(options?.authenticate)}; give a function that returns true, a user or null`,
    )
  checkDuration(making, 'timeout', options.timeout)
  checkDuration(making, 'bodyTimeout', options.bodyTimeout)
}
