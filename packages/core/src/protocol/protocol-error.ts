import { CloseCode } from '../vocabulary/close-codes.ts'

/**
 * The peer broke the protocol: the connection ends with this code, and nothing of the frame has any effect.
 *
 * @internal
 */
export class ProtocolError extends Error {
  readonly closeCode: CloseCode

  constructor(reason: string, closeCode: CloseCode = CloseCode.protocol) {
    super(reason)
    this.name = 'ProtocolError'
    this.closeCode = closeCode
  }
}
