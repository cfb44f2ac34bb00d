import type { IncomingMessage } from 'node:http'
import { UsageError } from '@chat/core'
import {
  checkOptionsWithHint,
  describe,
  type OptionNames,
  type RequestOptions,
  requestOptionNames,
} from '@chat/core/transport'
import type { WsSocket } from './socket.ts'

/** Settings of compression. */
export interface Compression {
  /** Smallest message to compress, in bytes. Default: 1 024. */
  readonly threshold?: number | undefined
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
  readonly compression?: boolean | Compression | undefined
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

/**
 * Checks the option `compression`.
 *
 * @throws UsageError when it is neither a boolean nor settings, or a setting cannot work or does not exist.
 */
export function checkCompression(compression: UpgradeHandlerOptions['compression']): void {
  if (compression === undefined || typeof compression === 'boolean') return
  if (typeof compression !== 'object' || compression === null)
    throw new UsageError(
      `unable to serve the hub: the option 'compression' is ${describe(compression)}; give true, false or { threshold: bytes }`,
    )
  checkOptionsWithHint('serve the hub', compression, { threshold: true }, 'compression')
  const { threshold = 0 } = compression
  if (!(typeof threshold === 'number' && threshold >= 0))
    throw new UsageError(
      `unable to serve the hub: the option 'compression.threshold' is ${describe(threshold)}; give a number of bytes, at least 0`,
    )
}
