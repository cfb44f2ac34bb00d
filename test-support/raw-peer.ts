import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP connection over which a test writes arbitrary bytes. */
export class RawPeer {
  readonly socket: Socket
  /** Received bytes that the test has not read. They are joined only when the test reads them. */
  #chunks: Buffer[] = []
  #size = 0
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      this.#wake()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Connects. With `allowHalfOpen` the peer keeps its side open when the server ends the other side. */
  static async connect(port: number, { allowHalfOpen = false } = {}): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
    onTestFinished(() => {
      socket.destroy()
    })
    const peer = new RawPeer(socket)
    await once(socket, 'connect')
    return peer
  }

  /** Connects and upgrades. */
  static async upgraded(port: number, path: string, headers: Headers = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port)
    peer.socket.write(upgradeRequest(path, headers))
    const { status } = await peer.response()
    if (status !== 101) throw new Error(`the upgrade was answered with ${status}`)
    return peer
  }

  /** Waits until the server has closed the connection. Resolves with the bytes that the test has not read. */
  async closed(): Promise<Buffer> {
    while (!this.#ended) await this.#more()
    return this.#join()
  }

  async response(): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const head = (await this.#until('\r\n\r\n')).split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of head.slice(1)) {
      const colon = line.indexOf(':')
      if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const body = (await this.#take(Number(headers['content-length'] ?? 0))).toString()
    return { status: Number(head[0]?.split(' ')[1]), headers, body }
  }

  /** Resolves with the next frame of the server. */
  async frame(): Promise<{ fin: boolean; opcode: number; payload: Buffer }> {
    const [first = 0, second = 0] = await this.#take(2)
    let length = second & 0x7f
    if (length === 126) length = (await this.#take(2)).readUInt16BE()
    else if (length === 127) length = Number((await this.#take(8)).readBigUInt64BE())
    return { fin: first >= 0x80, opcode: first & 0x0f, payload: await this.#take(length) }
  }

  /** Resolves with the code and reason of the next frame, which must be a close frame. */
  async closeFrame(): Promise<{ code: number; reason: string }> {
    const { opcode, payload } = await this.frame()
    if (opcode !== 8) throw new Error(`expected a close frame, got opcode ${opcode}`)
    if (payload.length === 0) return { code: 1005, reason: '' }
    return { code: payload.readUInt16BE(), reason: payload.subarray(2).toString() }
  }

  async #until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#join().indexOf(mark)
      if (at >= 0) return (await this.#take(at + mark.length)).toString('latin1')
      if (this.#ended) throw new Error('the connection ended')
      await this.#more()
    }
  }

  async #take(size: number): Promise<Buffer> {
    while (this.#size < size) {
      if (this.#ended) throw new Error('the connection ended')
      await this.#more()
    }
    const all = this.#join()
    this.#chunks = [all.subarray(size)]
    this.#size -= size
    return all.subarray(0, size)
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : undefined
    const joined = all ?? Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

type Headers = Readonly<Record<string, string | readonly string[] | null>>

const defaults: Headers = {
  Host: '127.0.0.1',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/**
 * Returns an upgrade request. A header of `null` is left out; a header with several values is written several
 * times.
 */
export function upgradeRequest(path: string, headers: Headers = {}): string {
  const lines = [`GET ${path} HTTP/1.1`]
  for (const [name, value] of Object.entries({ ...defaults, ...headers })) {
    if (value === null) continue
    for (const one of typeof value === 'string' ? [value] : value) lines.push(`${name}: ${one}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

interface FrameOptions {
  readonly fin?: boolean
  readonly mask?: boolean
  /** Reserved bits, 0–7. */
  readonly rsv?: number
  /** Length in the header. Default: the true length of the payload. */
  readonly length?: bigint
}

/** Returns a frame as a client sends it. */
export function frame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, mask = true, rsv = 0 } = options
  const data = Buffer.from(typeof payload === 'string' ? Buffer.from(payload) : payload)
  const length = options.length ?? BigInt(data.length)
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode]
  const bit = mask ? 0x80 : 0
  const long = Buffer.alloc(8)
  long.writeBigUInt64BE(length)
  if (length < 126n) head.push(bit | Number(length))
  else if (length < 65_536n) head.push(bit | 126, ...long.subarray(6))
  else head.push(bit | 127, ...long)
  const key = mask ? [1, 2, 3, 4] : []
  if (mask) for (const [i, byte] of data.entries()) data[i] = byte ^ ((i % 4) + 1)
  return Buffer.concat([Buffer.from([...head, ...key]), data])
}

/** Returns a close frame as a client sends it. */
export function closeFrame(code: number, reason: string | Uint8Array = ''): Buffer {
  const data = typeof reason === 'string' ? Buffer.from(reason) : reason
  return frame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), data]))
}
