/** Options of {@link dial}. */
export interface HttpDialOptions {
  /** Headers of every request, such as `cookie` outside of browsers. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Makes the requests: for proxies, and for TLS with certificates of your own. Default: the platform's
   * `fetch`.
   */
  readonly fetch?: typeof fetch | undefined
  /**
   * True if a response that is not read holds the server back, as `capabilities.pause` then declares. Node's
   * `fetch` does so; among browsers WebKit reads on. Default: `true`.
   */
  readonly pause?: boolean | undefined
}
