import type { GapReason, Position } from '@chat/core'
import type { ProtocolMonitor } from './protocol-monitor.ts'

/** Position of a connection in a log, as the hub has told it. */
interface StreamState {
  readonly epoch: string
  at: number
  /** Offset up to which messages are a replay. */
  readonly top: number
}

/** A request of the client that has no answer yet. */
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

/** An address in a `welcome`. */
type StreamAnswer = WireStart | { readonly mode: 'refused' }

/** The checked part of a `welcome`. */
interface Welcome {
  readonly session: { readonly id: string }
  readonly user: string
  readonly resumed: boolean
  readonly streams: Readonly<Record<string, StreamAnswer>>
}

/** Tells whether an answer is the refusal of an operation beyond the window, which comes at once (P-PB-6). */
const isBusy = (type: 'ok' | 'err', result: unknown): boolean => type === 'err' && result === 'busy'

/** Milliseconds of delay, compared with other clients, from which on a message comes from the log. */
const late = 1_000

/** Checks the frames of the hub on a connection against the protocol. */
export class ConnectionMonitor {
  readonly hub: string
  /** `true` once the connection has ended. */
  ended = false
  readonly #monitor: ProtocolMonitor
  readonly #pending = new Map<number, PendingRequest>()
  readonly #streams = new Map<string, StreamState>()
  /** Ref of the last answered send, by address. */
  readonly #answered = new Map<string, number>()
  #session: string | null = null
  #requestedSession: string | null = null
  #user = 'a user'
  #closing = false

  constructor(monitor: ProtocolMonitor, hub: string) {
    this.#monitor = monitor
    this.hub = hub
  }

  /** `true` once the end of the connection has begun. */
  get isEnding(): boolean {
    return this.ended || this.#closing
  }

  /** Name of the connection in violations. */
  get label(): string {
    return `${this.#user}'s connection to ${this.hub}`
  }

  /** Checks a frame of the client. */
  clientFrame(frame: readonly unknown[]): void {
    const [type, ref, address] = frame as [string, number, string]
    const newest = this.#session === null ? this : this.#monitor.newest.get(this.#session)
    if (newest !== this && !this.#closing) this.#monitor.w.sometimes('a late frame on an older connection')
    if (type === 'hello')
      this.#requestedSession = (frame[1] as { session?: { id: string } }).session?.id ?? null
    if (type === 'join') {
      this.#monitor.joins++
      if (this.#streams.has(address)) this.#monitor.w.sometimes('a hole is noticed')
    }
    if (type === 'join' || type === 'leave' || type === 'send') this.#pending.set(ref, { type, address })
  }

  /** Checks a frame of the hub. */
  hubFrame(frame: readonly unknown[]): void {
    const [type] = frame as [string]
    // A hub that refuses a handshake for a limit says when the client may come back (P-HS-1).
    if (this.#session === null && type !== 'welcome' && !(type === 'bye' && frame[1] === 4013))
      this.#violated(`${type} comes before the welcome (P-HS-1)`)
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
        this.#streams.delete(frame[1] as string)
    }
  }

  /** Checks the number of bytes that wait for the client. */
  checkBuffered(bytes: number): void {
    const { waiting } = this.#monitor.bounds
    if (waiting !== undefined && bytes > waiting)
      this.#violated(`${bytes} bytes wait, ${waiting} may (P-LV-4, I13)`)
  }

  /** Notes that the hub closes the connection. */
  hubCloses(code: number): void {
    this.#closing = true
    this.#monitor.w.sometimes(`close ${code}`)
  }

  #welcome({ session, user, resumed, streams }: Welcome): void {
    const { newest, w } = this.#monitor
    if (this.#session !== null) this.#violated('a second welcome (P-HS-1)')
    const before = newest.get(session.id)
    if (this.#requestedSession !== null && !resumed) w.sometimes('a session is lost')
    if (before !== undefined && before.hub !== this.hub) w.sometimes('a session goes on at another hub')
    if (before?.ended === false) {
      w.sometimes('a session goes on while its older connection lives')
      this.#monitor.sessionReplaced(before)
    }
    newest.set(session.id, this)
    this.#session = session.id
    this.#user = user
    for (const [address, answer] of Object.entries(streams))
      if (answer.mode === 'refused') w.sometimes('a stream is refused')
      else this.#attach(address, answer)
  }

  #attach(address: string, { epoch, at, top, mode, reason }: WireStart): void {
    const { bounds, w } = this.#monitor
    if (mode === 'replay') w.sometimes('a replay')
    if (mode === 'gap') w.sometimes(`gap: ${reason}`)
    if (bounds.replay !== undefined && mode === 'replay' && top - at > bounds.replay)
      this.#violated(`${top - at} messages of ${address} are replayed, ${bounds.replay} may be (P-ST-5)`)
    this.#streams.set(address, { epoch, at, top: mode === 'replay' ? top : at })
  }

  #answer(type: 'ok' | 'err', ref: number, result: unknown): void {
    const request = this.#pending.get(ref)
    if (request === undefined) return
    const { address } = request
    this.#pending.delete(ref)
    if (request.type === 'join' && type === 'ok') this.#attach(address, result as WireStart)
    else if (request.type === 'leave' && type === 'ok') this.#streams.delete(address)
    else if (request.type === 'send' && !isBusy(type, result)) {
      if (ref < (this.#answered.get(address) ?? 0))
        this.#violated(`send ${ref} to ${address} is answered behind a later one (P-ST-10)`)
      this.#answered.set(address, ref)
      if ((result as { dup?: boolean }).dup !== true) return
      this.#monitor.repeated++
      this.#monitor.w.sometimes('an answer is lost after the store')
    }
  }

  #message(frame: readonly unknown[]): void {
    const { w } = this.#monitor
    const [, address, at] = frame as [string, string, number]
    const prev = frame[8] ?? at - 1
    const stream = this.#streams.get(address)
    if (stream === undefined)
      return this.#violated(`message ${at} of ${address}, which it does not receive (P-ST-10)`)
    if (prev !== stream.at || at <= stream.at)
      this.#violated(`message ${at} of ${address} behind ${prev}, but it stands at ${stream.at} (P-ST-4)`)
    stream.at = at
    const log = `${this.hub} ${stream.epoch} ${address}`
    const age = this.#monitor.sentSince(log, at)
    if (at > stream.top && age > late) w.sometimes('a slow reader is served from the log')
    if (at <= stream.top && this.#monitor.hasSent(log, stream.top + 1))
      w.sometimes('a replay beside live traffic')
  }

  #gap(address: string, reason: string, [epoch, at]: Position): void {
    this.#monitor.w.sometimes(`gap: ${reason}`)
    const stream = this.#streams.get(address)
    this.#streams.set(address, { epoch, at, top: at })
    if (stream?.epoch === epoch && stream.at === at)
      this.#violated(`a gap in ${address} up to ${at}, where it stands already (S-15)`)
    if (stream === undefined) this.#violated(`a gap in ${address}, which it does not receive (P-ST-10)`)
  }

  #violated(detail: string): void {
    this.#monitor.addViolation(`${this.label}: ${detail}`)
  }
}
