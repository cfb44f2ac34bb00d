import { isRecord } from '../../protocol/fields.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { isWireCode } from '../../vocabulary/errors.ts'
import { type NodeMessage, toNodeMessage } from '../nodes/node-messages.ts'
import type { Takeover } from '../nodes/takeover.ts'
import type { Revocation, Revoked } from './revoke.ts'

/**
 * A notice of one node to others: a session was taken over, a permission was taken back, or a message about an
 * ask.
 */
export type Notice = Takeover | Revocation | NodeMessage

/** Reads the text of a notice; `null` for a text that is none. */
export function readNotice(text: string): Notice | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value)) return null
  if ('type' in value) return toNodeMessage(value)
  return 'takeover' in value ? takeover(value) : revocation(value)
}

type Fields = Readonly<Record<string, unknown>>

function takeover({ takeover, generation }: Fields): Takeover | null {
  return typeof takeover === 'string' && Number.isSafeInteger(generation)
    ? { takeover, generation: generation as number }
    : null
}

function revocation({ revoke, revoked, by }: Fields): Revocation | null {
  if (typeof revoke !== 'string' || typeof by !== 'string' || !isRecord(revoked)) return null
  const kind = addressKind(revoke)
  const content = kind === 'user' || kind === 'session' ? revokedOf(revoked) : null
  return content === null ? null : { revoke, revoked: content, by }
}

function revokedOf({ kind, room, reason }: Fields): Revoked | null {
  if (kind === 'permissions') return { kind }
  if (kind === 'session') return typeof reason === 'string' ? { kind, reason } : null
  if (kind !== 'room' || typeof room !== 'string' || !isRecord(reason)) return null
  const { code, message } = reason
  return typeof code === 'string' && isWireCode(code) && typeof message === 'string'
    ? { kind, room, reason: { code, message } }
    : null
}
