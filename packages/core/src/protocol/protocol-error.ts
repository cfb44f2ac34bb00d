import { type CloseCode, protocolClose } from '../vocabulary/close-codes.ts'

/**
 * A break of the protocol by the peer. The connection ends with its close code, and the frame has no effect.
 */
export class ProtocolError extends Error {
  /** The code with which the connection is closed. */
  readonly closeCode: CloseCode

  constructor(reason: string, closeCode: CloseCode = protocolClose) {
    super(reason)
    this.name = 'ProtocolError'
    this.closeCode = closeCode
  }
}
