import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { OptionNames } from '../vocabulary/check-options.ts'
import type { Handshake } from './connection.ts'
import type { Refusal } from './refusal.ts'

/** Options that decide which requests a transport admits for its hub. */
export interface AdmissionOptions {
  /**
   * The path to answer, such as `/chat`, or a pattern with parameters such as `/ws/:user`: `authenticate`
   * gets the parameters decoded, in `params`. A parameter is one whole segment and never empty. `/chat/` also
   * answers `/chat`; `/chat` does not answer `/chat/`. Default: every path that the host hands over.
   */
  readonly path?: string | undefined
  /**
   * Origins of the pages that may connect. A browser sends cookies with an upgrade from *any* page, so a
   * foreign page could act as its visitor. A request without `Origin` does not come from a page and is
   * admitted.
   *
   * Items of a list are compared exactly, such as `['https://app.example', 'http://localhost:5173']`;
   * `'null'` stands for sandboxed pages and files. Of a function, only `true` or a promise of `true` admits the
   * page. When it throws, rejects, or has not answered after 10 s, the page is answered with 500, and the hub
   * reports the error in `$error`. A list or a function replaces the default.
   *
   * Default: pages of the same origin, which means that their host and port equal those of the `Host` header.
   */
  readonly origins?:
    | readonly string[]
    | ((origin: string, handshake: Handshake) => MaybePromise<boolean>)
    | undefined
  /**
   * Names by which pages may reach this server, compared with the `Host` header; a name without a port stands
   * for every port. This keeps out pages with a name that was made to point at this machine (DNS rebinding),
   * because they count as same-origin. Set it behind a proxy that passes `Host` on while the server listens
   * on a loopback address.
   *
   * Default: `localhost`, `127.0.0.1` and `[::1]` when the server listens on a loopback address and `origins`
   * is not set; else every name.
   */
  readonly hosts?: readonly string[] | undefined
  /**
   * Number of proxies in front of the hub, each of which adds the address of its peer to the header
   * `X-Forwarded-For`. The client's address is then that many items from the right; items further to the left
   * are the client's own claim and never count. The limits for each remote address count this address, and
   * `authenticate` gets it as `remoteAddress`. Set it only where no client can reach the hub past the proxies.
   * Default: 0, the header does not count, and the address is that of the socket's peer.
   */
  readonly trustProxy?: number | undefined
}

/** Options of every handler of a server's requests. `Request` is the server's own type of request. */
export interface RequestOptions<Request> extends AdmissionOptions {
  /**
   * Returns the part of the request to keep for `authenticate`, which finds it as `context` in its `extra`.
   * It lives as long as the connection. Called once for each connection, after the origin was checked; the
   * value of a promise is kept once it is there. When the function throws, rejects, or has not answered after
   * 10 s, the request is refused with 500, and the hub reports the error in `$error`. Default: no part is kept.
   */
  readonly context?: ((request: Request) => unknown) | undefined
  /**
   * Called with each request that was refused, for logs. When it throws or rejects, the hub reports the error
   * in `$error`, and the request is refused all the same. Default: refusals are not reported.
   */
  readonly onRefused?: ((refusal: Refusal, request: Request) => unknown) | undefined
}

/** Names of the options of every handler, for the check that a handler's options exist. */
export const requestOptionNames: OptionNames<RequestOptions<never>> = {
  path: true,
  origins: true,
  hosts: true,
  trustProxy: true,
  context: true,
  onRefused: true,
}
