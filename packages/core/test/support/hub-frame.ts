import { durationOf, type HubFrame, parseHubFrame, type Welcome } from '../../src/protocol/hub-frames.ts'

/** A frame of a hub by the names that the protocol gives its elements, with what stands for those left out. */
export type NamedHubFrame = { readonly type: string } & Readonly<Record<string, unknown>>

/** Parses a line of a hub, and names its elements. */
export function parseNamed(line: string): NamedHubFrame {
  const frame = parseHubFrame(line)
  return frame === null ? { type: 'unknown', name: JSON.parse(line)[0] } : named(frame)
}

function named(frame: HubFrame): NamedHubFrame {
  const [type] = frame
  switch (type) {
    case 'welcome':
      return { type, ...namedWelcome(frame[1]) }
    case 'msg': {
      const [, address, at, event, data, from, id, time, prev, meta = null] = frame
      return { type, address, at, event, data, from, id, time, prev: prev ?? at - 1, meta }
    }
    case 'cast': {
      const [, address, event, data, from, session, key, meta = null] = frame
      const sender = typeof session === 'string' ? session : null
      return { type, address, event, data, from, session: sender, key: key ?? undefined, meta }
    }
    case 'ok':
      return { type, ref: frame[1], result: frame[2] }
    case 'err':
      return { type, ref: frame[1], code: frame[2], message: frame[3], ...namedExtra(frame[4]) }
    case 'ask':
      return { type, ask: frame[1], event: frame[2], data: frame[3], meta: frame[4] ?? null }
    case 'cancel':
      return { type, target: frame[1] }
    case 'gap':
      return { type, address: frame[1], reason: frame[2], position: frame[3] }
    case 'presence':
      return { type, address: frame[1], frame }
    case 'left':
      return { type, address: frame[1], code: frame[2], message: frame[3] }
    case 'bye':
      return { type, code: frame[1], message: frame[2], retryAfter: namedExtra(frame[3]).retryAfter }
    default:
      return { type, t: frame[1] }
  }
}

function namedExtra(extra: unknown): { retryAfter: number | undefined; detail: unknown } {
  const { retryAfter, detail } = (extra ?? {}) as { retryAfter?: unknown; detail?: unknown }
  return { retryAfter: durationOf(retryAfter), detail }
}

function namedWelcome(welcome: Welcome): Record<string, unknown> {
  const { session, user, node, heartbeat, grace, limits, durability, streams } = welcome as Welcome &
    Record<string, unknown>
  const resumed = welcome.resumed === true
  const expires = durationOf(welcome.expires)
  return { session, user, resumed, node, heartbeat, grace, limits, durability, streams, expires }
}
