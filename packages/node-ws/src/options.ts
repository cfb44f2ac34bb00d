import type { IncomingMessage } from 'node:http'
import { type OptionNames, type RequestOptions, requestOptionNames } from '@chat/core/transport'
import type { WsSocket } from './socket.ts'

/** Settings of compression. */
export interface Compression {
  /** Smallest message to compress, in bytes. Default: 1 024. */
  readonly threshold?: number
}

/**
 * Options of `upgradeHandler`. With `context` you keep a part of Node's request for `authenticate`, such as
 * the certificate of a TLS client: `(request) => request.socket.getPeerCertificate()`. Do not keep the
 * request itself: it would cost each connection a kilobyte.
 */
export interface UpgradeHandlerOptions extends RequestOptions<IncomingMessage> {
  /**
   * Compresses messages, each on its own, for clients that offer it. It saves bandwidth at five times the
   * CPU, and receivers cannot share a compressed message. Default: `false`.
   */
  readonly compression?: boolean | Compression
}

/** Options of `attach`. */
export interface AttachOptions extends UpgradeHandlerOptions {
  /**
   * The path to answer, such as `/chat`, or a pattern with parameters such as `/ws/:user`: `authenticate`
   * gets the parameters decoded, in `params`. A parameter is one whole segment and never empty. `/chat/` also
   * answers `/chat`; `/chat` does not answer `/chat/`.
   */
  readonly path: string
}

/** Value that `authenticate` finds in `extra`. */
export interface NodeWsExtra<T = unknown> {
  /** Value that the option `context` returned for the request. */
  readonly context: T
  /** The socket. You may listen to it; sending or closing without the hub breaks the connection. */
  readonly socket: WsSocket
}

export const optionNames: OptionNames<UpgradeHandlerOptions> = { ...requestOptionNames, compression: true }
