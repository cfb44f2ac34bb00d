import type { Handshake } from './connection.ts'

/** Which requests a transport takes for its hub. */
export interface AdmissionOptions {
  /**
   * The path to answer, such as `/chat`, or with parameters, `/ws/:user`: `authenticate` gets what they matched in `params`, decoded. A
   * parameter is one whole segment and never empty. `/chat/` also answers `/chat`; `/chat` does not answer `/chat/`.
   * Default: every path that the host hands over.
   */
  readonly path?: string
  /**
   * Whose pages may connect. Browsers send cookies with an upgrade from *any* page, so a foreign page could speak for whoever visits it. A request
   * without `Origin` comes from no browser and is let through.
   *
   * A list is compared exactly, such as `['https://app.example', 'http://localhost:5173']`; `'null'` stands for sandboxed pages and files. A function
   * decides synchronously: only `true` lets the page in; a throw is answered with 500. Either takes the place of the default.
   *
   * Default: pages of the same origin, that is, whose host and port are those of the `Host` header.
   */
  readonly origins?: readonly string[] | ((origin: string, handshake: Handshake) => boolean)
  /**
   * The names that pages may reach this server by, compared with the `Host` header; a name without a port stands for every port. This keeps
   * out pages whose own name was made to point at this machine (DNS rebinding), which count as same-origin. Set it behind a proxy that hands on
   * `Host` while the server listens on a loopback address.
   *
   * Default: `localhost`, `127.0.0.1` and `[::1]` when the server listens on a loopback address and `origins` is not set; else every name.
   */
  readonly hosts?: readonly string[]
}
