import type { GapReason, Position } from '@chat/core'
import type { ProtocolMonitor } from './protocol-monitor.ts'

/** Where a connection stands in a stream, as the hub has told it. */
interface StreamState {
  readonly epoch: string
  at: number
  /** Up to here it is a replay. */
  readonly top: number
}

/** What a client has asked for. */
interface PendingRequest {
  readonly type: string
  readonly address: string
}

/** The start in a log, as a frame names it. */
interface WireStart {
  readonly epoch: string
  readonly at: number
  readonly id: string | null
  readonly top: number
  readonly mode: 'live' | 'replay' | 'gap'
  readonly reason?: GapReason
}

/** A stream in a `welcome`. */
type StreamAnswer = WireStart | { readonly mode: 'refused' }

/** The part of a `welcome` that is looked at. */
interface Welcome {
  readonly session: { readonly id: string }
  readonly user: string
  readonly resumed: boolean
  readonly streams: Readonly<Record<string, StreamAnswer>>
}

/** A message that comes this much later than to others comes from the log. */
const late = 1_000

/**
 * What a hub and a client say to each other on one connection, held to the protocol as far as it is the
 * hub's.
 */
export class ConnectionMonitor {
  readonly hub: string
  /** Whether nothing more can be said. */
  ended = false
  readonly #eye: ProtocolMonitor
  readonly #asked = new Map<number, PendingRequest>()
  readonly #standing = new Map<string, StreamState>()
  /** The ref of the last send that was answered, by address. */
  readonly #answered = new Map<string, number>()
  #session: string | null = null
  #wanted: string | null = null
  #user = 'somebody'
  #closing = false

  constructor(eye: ProtocolMonitor, hub: string) {
    this.#eye = eye
    this.hub = hub
  }

  /** Whether its end has begun at least. */
  get isEnding(): boolean {
    return this.ended || this.#closing
  }

  /** How it is called in a report. */
  get label(): string {
    return `${this.#user}'s connection to ${this.hub}`
  }

  /** A frame of the client. */
  clientFrame(frame: readonly unknown[]): void {
    const [type, ref, address] = frame as [string, number, string]
    const newest = this.#session === null ? this : this.#eye.newest.get(this.#session)
    if (newest !== this && !this.#closing) this.#eye.w.sometimes('a late frame on an older connection')
    if (type === 'hello') this.#wanted = (frame[1] as { session?: { id: string } }).session?.id ?? null
    if (type === 'join') {
      this.#eye.joins++
      if (this.#standing.has(address)) this.#eye.w.sometimes('a hole is noticed')
    }
    if (type === 'join' || type === 'leave' || type === 'send') this.#asked.set(ref, { type, address })
  }

  /** A frame of the hub. */
  hubFrame(frame: readonly unknown[]): void {
    const [type] = frame as [string]
    if (this.#session === null && type !== 'welcome') this.#wrong(`${type} comes before the welcome (P-HS-1)`)
    switch (type) {
      case 'welcome':
        return this.#welcome(frame[1] as Welcome)
      case 'ok':
      case 'err':
        return this.#answer(type, frame[1] as number, frame[2])
      case 'msg':
        return this.#message(frame)
      case 'gap':
        return this.#gap(frame[1] as string, frame[2] as string, frame[3] as Position)
      case 'left':
        this.#standing.delete(frame[1] as string)
    }
  }

  /** So many bytes wait for the client. */
  checkBuffered(bytes: number): void {
    const { waiting } = this.#eye.bounds
    if (waiting !== undefined && bytes > waiting)
      this.#wrong(`${bytes} bytes wait, ${waiting} may (P-LV-4, I13)`)
  }

  /** The hub ends the connection. */
  hubCloses(code: number): void {
    this.#closing = true
    this.#eye.w.sometimes(`close ${code}`)
  }

  #welcome({ session, user, resumed, streams }: Welcome): void {
    const { newest, w } = this.#eye
    if (this.#session !== null) this.#wrong('a second welcome (P-HS-1)')
    const before = newest.get(session.id)
    if (this.#wanted !== null && !resumed) w.sometimes('a session is lost')
    if (before !== undefined && before.hub !== this.hub) w.sometimes('a session goes on at another hub')
    if (before?.ended === false) {
      w.sometimes('a session goes on while its older connection lives')
      this.#eye.sessionReplaced(before)
    }
    newest.set(session.id, this)
    this.#session = session.id
    this.#user = user
    for (const [address, answer] of Object.entries(streams))
      if (answer.mode === 'refused') w.sometimes('a stream is refused')
      else this.#attach(address, answer)
  }

  #attach(address: string, { epoch, at, top, mode, reason }: WireStart): void {
    const { bounds, w } = this.#eye
    if (mode === 'replay') w.sometimes('a replay')
    if (mode === 'gap') w.sometimes(`gap: ${reason}`)
    if (bounds.replay !== undefined && mode === 'replay' && top - at > bounds.replay)
      this.#wrong(`${top - at} messages of ${address} are replayed, ${bounds.replay} may be (P-ST-5)`)
    this.#standing.set(address, { epoch, at, top: mode === 'replay' ? top : at })
  }

  #answer(type: 'ok' | 'err', ref: number, result: unknown): void {
    const asked = this.#asked.get(ref)
    if (asked === undefined) return
    const { address } = asked
    this.#asked.delete(ref)
    if (asked.type === 'join' && type === 'ok') this.#attach(address, result as WireStart)
    else if (asked.type === 'leave' && type === 'ok') this.#standing.delete(address)
    else if (asked.type === 'send') {
      if (ref < (this.#answered.get(address) ?? 0))
        this.#wrong(`send ${ref} to ${address} is answered behind a later one (P-ST-10)`)
      this.#answered.set(address, ref)
      if ((result as { dup?: boolean }).dup !== true) return
      this.#eye.repeated++
      this.#eye.w.sometimes('an answer is lost after the store')
    }
  }

  #message(frame: readonly unknown[]): void {
    const { w } = this.#eye
    const [, address, at, , , , , prev = (at as number) - 1] = frame as [string, string, number, ...unknown[]]
    const standing = this.#standing.get(address)
    if (standing === undefined)
      return this.#wrong(`message ${at} of ${address}, which it does not receive (P-ST-10)`)
    if (prev !== standing.at || at <= standing.at)
      this.#wrong(`message ${at} of ${address} behind ${prev}, but it stands at ${standing.at} (P-ST-4)`)
    standing.at = at
    const stream = `${this.hub} ${standing.epoch} ${address}`
    const age = this.#eye.sentSince(stream, at)
    if (at > standing.top && age > late) w.sometimes('a slow reader is served from the log')
    if (at <= standing.top && this.#eye.hasSent(stream, standing.top + 1))
      w.sometimes('a replay beside live traffic')
  }

  #gap(address: string, reason: string, [epoch, at]: Position): void {
    this.#eye.w.sometimes(`gap: ${reason}`)
    const standing = this.#standing.get(address)
    this.#standing.set(address, { epoch, at, top: at })
    if (standing?.epoch === epoch && standing.at === at)
      this.#wrong(`a gap in ${address} up to ${at}, where it stands already (S-15)`)
    if (standing === undefined) this.#wrong(`a gap in ${address}, which it does not receive (P-ST-10)`)
  }

  #wrong(what: string): void {
    this.#eye.addViolation(`${this.label}: ${what}`)
  }
}
