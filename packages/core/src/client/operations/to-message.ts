import type { MsgFrame } from '../../protocol/hub-frames.ts'
import type { Message } from '../../vocabulary/message.ts'

/**
 * Returns the message that a `msg` frame carries. Ids of clients' messages are `<session>.<ref>` (P-PB-5).
 */
export function toMessage(frame: MsgFrame, epoch: string): Message {
  const [, address, at, event, data, from, id, time, , meta = null] = frame
  const session = from === null ? null : id.slice(0, id.indexOf('.'))
  return { address, event, data, meta, from, session, durable: true, id, position: [epoch, at, id], time }
}
