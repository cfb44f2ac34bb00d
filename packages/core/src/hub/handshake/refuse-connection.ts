import { encodeFrame } from '../../protocol/encode.ts'
import type { Excess } from '../../transport/admission.ts'
import { Batch, Frame } from '../../transport/batch.ts'
import type { Connection, Sink } from '../../transport/connection.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'

const ignoreAll: Sink = { receive() {}, drain() {}, closed() {} }

/**
 * Closes a connection that is over a limit with 4013. The `bye` before it says after how many milliseconds
 * the client may come back.
 */
export function refuseConnection(connection: Connection, { message, retryAfter }: Excess): void {
  connection.attach(ignoreAll)
  const bye = encodeFrame('bye', CloseCode.rateLimited, message, { retryAfter })
  connection.send(Batch.root().append(new Frame(bye)))
  connection.close(CloseCode.rateLimited, message)
}
