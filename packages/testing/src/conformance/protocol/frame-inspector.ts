import { byteLength, type WireFrame, type WireResult, type WireStream, type WireWelcome } from './frames.ts'

/** Error codes of the protocol; an application's own codes contain a slash. */
const errorCodes = new Set([
  ...['internal', 'unavailable', 'busy', 'rate_limited', 'timeout', 'bad_request', 'unauthorized'],
  ...['forbidden', 'not_found', 'too_large', 'bad_payload', 'unsupported', 'conflict', 'cancelled'],
])

/** Frames of a client that have no answer. */
const unanswered = new Set(['hello', 'cast', 'reply', 'refuse', 'ping', 'pong'])

/** Most bytes of a frame of a hub, and of a transmission with several frames. */
const most = { frame: 320 * 1024, transmission: 256 * 1024 }

/**
 * Watches one connection in both directions and notes each frame that a hub must not write: a malformed
 * frame, an answer to no request, a message that does not follow the message before it, a frame of an address
 * that is not joined.
 */
export class FrameInspector {
  readonly complaints: string[] = []
  /** Operations without an answer, by ref. */
  readonly #open = new Map<number, WireFrame[]>()
  /** Offset of the session in the log of each joined address. */
  readonly #offsets = new Map<string, number>()
  /** Asks that the client was sent. */
  readonly #asks = new Set<unknown>()
  /** Newest presence version of each joined room. */
  readonly #versions = new Map<string, number>()
  /** Address of the session, which receives casts without a join. */
  #session: string | null = null

  /** Takes a transmission of the client, well-formed or not. */
  write(text: string): void {
    for (const line of text.split('\n')) {
      const frame = parsed(line)
      if (!isFrame(frame) || unanswered.has(frame[0]) || !isPositive(frame[1])) continue
      this.#open.set(frame[1], [...(this.#open.get(frame[1]) ?? []), frame])
    }
  }

  /** Takes a transmission of the hub and returns its frames. */
  receive(transmission: unknown): WireFrame[] {
    this.#check(isText(transmission), 'a binary transmission', '')
    if (!isText(transmission)) return []
    const lines = transmission.split('\n')
    const small = lines.length === 1 || !isLonger(transmission, most.transmission)
    this.#check(small, 'a transmission over 256 KiB', '')
    return lines.flatMap((line) => this.#line(line))
  }

  #line(line: string): WireFrame[] {
    const frame = parsed(line)
    this.#check(!isLonger(line, most.frame), 'a frame over 320 KiB', line)
    this.#check(!line.includes('\r') && isFrame(frame), 'not a frame', line)
    if (!isFrame(frame)) return []
    this.#frame(frame, line)
    return [frame]
  }

  #frame(frame: WireFrame, line: string): void {
    const [type] = frame
    const inOrder = (this.#session !== null) === (type !== 'welcome') || type === 'bye'
    this.#check(inOrder, 'the welcome is not the first frame, or comes twice', line)
    if (type === 'welcome') this.#welcome(frame)
    else if (type === 'ok' || type === 'err') this.#answer(frame, line)
    else if (type === 'msg') this.#message(frame, line)
    else if (type === 'cast') this.#cast(frame, line)
    else if (type === 'presence') this.#presence(frame, line)
    else if (type === 'gap') this.#gap(frame, line)
    else if (type === 'ask') this.#ask(frame, line)
    else if (type === 'cancel')
      this.#check(
        String(frame[1]).startsWith('^') || this.#asks.delete(frame[1]),
        'a cancel of no ask, or a second cancel',
        line,
      )
    else if (type === 'left') this.#forget(frame[1] as string)
    else if (type === 'bye') this.#check(isInteger(frame[1]) && isText(frame[2]), 'not a bye', line)
    else if (type === 'ping' || type === 'pong')
      this.#check(frame[1] === undefined || isInteger(frame[1]), 'not a ping or pong', line)
    else this.#check(false, 'a frame of a type that no case asks for', line)
  }

  #welcome([, body]: WireFrame): void {
    const { session, streams } = body as WireWelcome
    this.#session = `~${session?.id}`
    for (const [address, stream] of Object.entries(streams)) this.#attach(address, stream)
  }

  #answer([type, ref, value, text, extra]: WireFrame, line: string): void {
    const [asked, ...later] = this.#open.get(ref as number) ?? []
    this.#check(asked !== undefined, 'an answer to no request, or a second answer', line)
    this.#open.set(ref as number, later)
    if (type === 'ok') return this.#succeed(asked, value)
    this.#check(isText(value) && (errorCodes.has(value) || value.includes('/')), 'not an error code', line)
    this.#check(isText(text), 'an err without a message', line)
    const { retryAfter = 1 } = (extra ?? {}) as { retryAfter?: unknown }
    this.#check(isOffset(retryAfter), 'not a retryAfter', line)
  }

  #succeed(asked: WireFrame | undefined, value: unknown): void {
    const [type, , address] = asked ?? []
    if (type === 'join') this.#attach(address as string, value as WireStream)
    if (type === 'join' || type === 'who') this.#members(address as string, value as WireResult)
    if (type === 'leave') this.#forget(address as string)
  }

  #attach(address: string, { at, epoch, id, top, mode, reason }: WireStream): void {
    if (mode === 'refused') return
    const line = JSON.stringify([address, { epoch, at, id, top, mode, reason }])
    this.#check(['live', 'replay', 'gap'].includes(mode), 'not a mode', line)
    this.#check(isOffset(at) && isOffset(top) && at <= top, 'offsets that cannot be', line)
    this.#check(isText(epoch) && epoch.length <= 16, 'not an epoch', line)
    this.#check(at === 0 ? id === null : isText(id), 'not the id of the position', line)
    const behind = mode === 'replay' || (mode === 'gap' && address.startsWith('^'))
    this.#check(behind ? at < top : at === top, 'not the position for the mode', line)
    this.#check(
      (mode === 'gap') === isText(reason),
      'a gap without a reason, or a reason without a gap',
      line,
    )
    this.#offsets.set(address, at)
  }

  #message([, address, at, event, data, from, id, time, prev, meta]: WireFrame, line: string): void {
    const shaped =
      isText(address) &&
      isPositive(at) &&
      isText(event) &&
      data !== undefined &&
      isText(from ?? '') &&
      isText(id)
    this.#check(shaped, 'not a message', line)
    this.#check(isPositive(time), 'not the time of a message', line)
    const before = (at as number) - 1
    const absent = prev === undefined || (prev === null && meta !== undefined)
    this.#check(absent || (isOffset(prev) && prev < before), 'a prev that is none or is to be left out', line)
    this.#check(meta === undefined || isMeta(meta), 'not the meta of a message', line)
    const offset = this.#offsets.get(address as string)
    this.#check(offset !== undefined, 'a message of an address that is not joined', line)
    const follows = offset === undefined || (prev ?? before) === offset
    this.#check(follows, `a message that does not follow the message at ${offset}`, line)
    this.#offsets.set(address as string, at as number)
  }

  #cast([, address, event, data, from, session, key, meta]: WireFrame, line: string): void {
    const shaped = isText(address) && isText(event) && data !== undefined && isText(from ?? '')
    this.#check(shaped, 'not a cast', line)
    this.#check(isText(session ?? '') && isText(key ?? ''), 'not the session and key of a cast', line)
    this.#check(meta === undefined || isMeta(meta), 'not the meta of a cast', line)
    const received = address === this.#session || this.#offsets.has(address as string)
    this.#check(received, 'a cast of an address that is not joined', line)
  }

  /** Checks that the version grows: it may skip versions (P-LV-4). */
  #presence([, address, version, joins, leaves, count]: WireFrame, line: string): void {
    const room = address as string
    this.#check(this.#offsets.has(room), 'presence of a room that is not joined', line)
    const newer = isPositive(version) && version > (this.#versions.get(room) ?? 0)
    this.#check(newer, 'a version that is not newer', line)
    this.#versions.set(room, version as number)
    const lists =
      Array.isArray(joins) && joins.every(isMember) && Array.isArray(leaves) && leaves.every(isText)
    this.#check(lists && isOffset(count ?? 0), 'not a change of presence', line)
    const named = lists ? [...joins.map(([session]) => session), ...leaves] : []
    this.#check(new Set(named).size === named.length, 'a session that is named twice', line)
  }

  #members(address: string, { version, count, members, more }: Partial<WireResult>): void {
    if (version === undefined) return
    const line = JSON.stringify([address, { version, count, members, more }])
    this.#check(isOffset(version) && isOffset(count) && typeof more === 'boolean', 'not an answer', line)
    this.#check(Array.isArray(members) && members.every(isMember), 'not members', line)
    this.#versions.set(address, version)
  }

  #ask([, ask, event, data]: WireFrame, line: string): void {
    this.#check(isPositive(ask) && isText(event) && data !== undefined, 'not an ask', line)
    this.#check(!this.#asks.has(ask), 'an ask with the number of another ask', line)
    this.#asks.add(ask)
  }

  #gap([, address, , position]: WireFrame, line: string): void {
    const known = this.#offsets.has(address as string)
    this.#check(known && Array.isArray(position), 'a gap of an address that is not joined', line)
    this.#offsets.set(address as string, (position as [string, number])[1])
  }

  #forget(address: string): void {
    this.#offsets.delete(address)
    this.#versions.delete(address)
  }

  #check(good: boolean, complaint: string, line: string): void {
    if (!good) this.complaints.push(`${complaint}: ${line.slice(0, 200)}`)
  }
}

/** Returns whether a text has more than so many bytes; most texts are too short to count. */
const isLonger = (text: string, bytes: number): boolean => text.length * 3 > bytes && byteLength(text) > bytes

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isFrame = (value: unknown): value is WireFrame => Array.isArray(value) && isText(value[0])
const isText = (value: unknown): value is string => typeof value === 'string'
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value)
const isOffset = (value: unknown): value is number => isInteger(value) && value >= 0
const isPositive = (value: unknown): value is number => isInteger(value) && value > 0
const isMeta = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((item) => item === null || ['string', 'number', 'boolean'].includes(typeof item))
const isMember = (value: unknown): value is [string, string, unknown] =>
  Array.isArray(value) && isText(value[0]) && isText(value[1]) && value.length === 3
