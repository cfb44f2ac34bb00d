import type { Frame, Place, Result } from './frames.ts'

const errors = new Set(
  (
    'internal unavailable busy rate_limited timeout bad_request unauthorized forbidden not_found too_large ' +
    'bad_payload unsupported conflict'
  ).split(' '),
)
const unanswered = new Set(['hello', 'cast', 'reply', 'refuse', 'ping', 'pong'])

/** Watches one connection, both ways, and notes whatever the hub must never write. */
export class Inspector {
  readonly complaints: string[] = []
  readonly #open = new Map<number, Frame[]>()
  readonly #places = new Map<string, number>()
  /** Of each room that told who is there: the newest version. */
  readonly #versions = new Map<string, number>()
  #welcomed = false

  /** What the client writes, well-formed or not. */
  wrote(text: string): void {
    for (const line of text.split('\n')) {
      const frame = parsed(line)
      if (!isFrame(frame) || unanswered.has(frame[0]) || !isRef(frame[1])) continue
      this.#open.set(frame[1], [...(this.#open.get(frame[1]) ?? []), frame])
    }
  }

  /** A transmission of the hub; gives its frames. */
  received(text: string, binary: boolean): Frame[] {
    const lines = text.split('\n')
    this.#check(!binary, 'a binary transmission', '')
    this.#check(
      lines.length === 1 || Buffer.byteLength(text) <= 256 * 1024,
      'a transmission over 256 KiB',
      '',
    )
    return lines.flatMap((line) => {
      const frame = parsed(line)
      this.#check(Buffer.byteLength(line) <= 320 * 1024, 'a frame over 320 KiB', line)
      this.#check(!line.includes('\r') && isFrame(frame), 'not a frame', line)
      if (!isFrame(frame)) return []
      this.#frame(frame, line)
      return [frame]
    })
  }

  #frame(frame: Frame, line: string): void {
    const [type, a, b, c, d, e, f, g] = frame
    this.#check(this.#welcomed === (type !== 'welcome') || type === 'bye', 'not the one first welcome', line)
    if (type === 'welcome') this.#welcome(a as { streams: Record<string, Place> })
    else if (type === 'ok' || type === 'err') this.#answer(frame, line)
    else if (type === 'msg') {
      const shaped = isText(a) && isRef(b) && isText(c) && d !== undefined && isText(e ?? '') && isText(f)
      this.#check(shaped, 'not a message', line)
      const linked = g === undefined || (isPlace(g) && (g as number) < (b as number) - 1)
      this.#check(linked, 'a prev that is none or is to be left out', line)
      this.#advance(a as string, b as number, (g ?? (b as number) - 1) as number, line)
    } else if (type === 'cast') {
      this.#check(isText(a) && isText(b) && c !== undefined && isText(d ?? ''), 'not a cast', line)
      this.#check(isText(e ?? '') && isText(f ?? ''), 'not the session and key of a cast', line)
      this.#check(this.#places.has(a as string), 'a cast of what is not joined', line)
    } else if (type === 'presence') this.#presence(frame, line)
    else if (type === 'gap') this.#gap(frame, line)
    else if (type === 'left') this.#forget(a as string)
    else if (type === 'bye') this.#check(typeof a === 'number' && isText(b), 'not a bye', line)
    else if (type === 'ping' || type === 'pong')
      this.#check(a === undefined || Number.isSafeInteger(a), 'not a ping or pong', line)
    else this.#check(false, 'a frame that nothing here asks for', line)
  }

  #welcome({ streams }: { streams: Record<string, Place> }): void {
    this.#welcomed = true
    for (const [address, place] of Object.entries(streams)) this.#attach(address, place)
  }

  #answer([type, ref, value, text, extra]: Frame, line: string): void {
    const [asked, ...later] = this.#open.get(ref as number) ?? []
    this.#check(asked !== undefined, 'an answer to what was not asked, or a second one', line)
    this.#open.set(ref as number, later)
    if (type === 'ok') return this.#succeeded(asked, value)
    this.#check(isText(value) && (errors.has(value) || value.includes('/')), 'not a known code', line)
    this.#check(isText(text), 'an err without a message', line)
    const { retryAfter = 1 } = (extra ?? {}) as { retryAfter?: unknown }
    this.#check(isPlace(retryAfter), 'not a retryAfter', line)
  }

  #succeeded(asked: Frame | undefined, value: unknown): void {
    const [type, , address] = asked ?? []
    if (type === 'join') this.#attach(address as string, value as Place)
    if (type === 'join' || type === 'who') this.#who(address as string, value as Result)
    if (type === 'leave') this.#forget(address as string)
  }

  #attach(address: string, { at, epoch, id, top, mode, reason }: Place): void {
    if (mode === 'refused') return
    const line = JSON.stringify([address, { epoch, at, id, top, mode, reason }])
    this.#check(['live', 'replay', 'gap'].includes(mode), 'not a mode', line)
    this.#check(isPlace(at) && isPlace(top) && at <= top, 'places that cannot be', line)
    this.#check(isText(epoch) && epoch.length <= 16, 'not an epoch', line)
    this.#check(at === 0 ? id === null : isText(id), 'not the id of the place', line)
    this.#check(mode === 'replay' ? at < top : at === top, 'not the place for the mode', line)
    this.#check((mode === 'gap') === isText(reason), 'a reason without a gap, or a gap without', line)
    this.#places.set(address, at)
  }

  /** Greater than the one before: it may skip some (P-LV-4). */
  #presence([, address, version, joins, leaves, count]: Frame, line: string): void {
    this.#check(this.#places.has(address as string), 'who is in a room that is not joined', line)
    const newer = isRef(version) && version > (this.#versions.get(address as string) ?? 0)
    this.#check(newer, 'a version that is not newer', line)
    this.#versions.set(address as string, version as number)
    const lists =
      Array.isArray(joins) && joins.every(isMember) && Array.isArray(leaves) && leaves.every(isText)
    this.#check(lists && isPlace(count ?? 0), 'not a change of who is there', line)
    const named = lists ? [...joins.map(([session]) => session), ...leaves] : []
    this.#check(new Set(named).size === named.length, 'a session that is named twice', line)
  }

  #who(address: string, { version, count, members, more }: Partial<Result>): void {
    if (version === undefined) return
    const line = JSON.stringify([address, { version, count, members, more }])
    this.#check(isPlace(version) && isPlace(count) && typeof more === 'boolean', 'not an answer', line)
    this.#check(Array.isArray(members) && members.every(isMember), 'not members', line)
    this.#versions.set(address, version)
  }

  #gap([, address, , position]: Frame, line: string): void {
    const known = this.#places.has(address as string)
    this.#check(known && Array.isArray(position), 'a gap of a stream that is not joined', line)
    this.#places.set(address as string, (position as [string, number])[1])
  }

  #advance(address: string, at: number, prev: number, line: string): void {
    const place = this.#places.get(address)
    this.#check(place !== undefined, 'a message of a stream that is not joined', line)
    this.#check(place === undefined || prev === place, `a message that does not follow ${place}`, line)
    this.#places.set(address, at)
  }

  #forget(address: string): void {
    this.#places.delete(address)
    this.#versions.delete(address)
  }

  #check(good: boolean, what: string, line: string): void {
    if (!good) this.complaints.push(`${what}: ${line.slice(0, 200)}`)
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isFrame = (value: unknown): value is Frame => Array.isArray(value) && isText(value[0])
const isText = (value: unknown): value is string => typeof value === 'string'
const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isMember = (value: unknown): value is [string, string, unknown] =>
  Array.isArray(value) && isText(value[0]) && isText(value[1]) && value.length === 3
const isRef = (value: unknown): value is number => isPlace(value) && value > 0
