import type { IncomingMessage } from 'node:http'
import type { AdmissionOptions, Refusal } from '@chat/core/transport'
import type { WsSocket } from './socket.ts'

/** What is compressed. */
export interface Compression {
  /** The smallest message worth it, in bytes. Default: 1 024. */
  readonly threshold?: number
}

/** How a hub takes WebSockets. */
export interface UpgradeHandlerOptions extends AdmissionOptions {
  /**
   * Compresses messages, each on its own, for clients that offer it. It saves bandwidth at five times the CPU, and shares nothing
   * between receivers. Default: `false`.
   */
  readonly compression?: boolean | Compression
  /**
   * What to keep of Node's request, for `authenticate` to find as `context` in its `extra`, such as the certificate of a TLS client:
   * `(request) => request.socket.getPeerCertificate()`. It lives as long as the connection; the request itself would cost it a kilobyte. Called once
   * for each connection, after the origin was checked; a throw refuses it with 500. Default: nothing.
   */
  readonly context?: (request: IncomingMessage) => unknown
  /** Called with each upgrade that was refused, for logs. A throw in it is ignored. Default: none. */
  readonly onRefused?: (refusal: Refusal, request: IncomingMessage) => void
}

/** How a hub is attached to a server. */
export interface AttachOptions extends UpgradeHandlerOptions {
  /**
   * The path to answer, such as `/chat`, or with parameters, `/ws/:user`: `authenticate` gets what they matched in `params`, decoded. A
   * parameter is one whole segment and never empty. `/chat/` also answers `/chat`; `/chat` does not answer `/chat/`.
   */
  readonly path: string
}

/** What `authenticate` finds in `extra`. */
export interface NodeWsExtra<T = unknown> {
  /** What {@link UpgradeHandlerOptions.context} made of the request. */
  readonly context: T
  /** The socket. Listen to it as you like; sending or closing past the hub breaks the connection. */
  readonly socket: WsSocket
}
