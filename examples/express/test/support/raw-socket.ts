import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface Piece {
  readonly opcode: number
  readonly payload: Buffer
}

interface Shape {
  readonly fin?: boolean
  readonly rsv?: number
  readonly mask?: boolean
  /** The length to claim, instead of the payload's own. */
  readonly length?: bigint
}

/** A WebSocket client made of bytes, for what a decent one would never write. */
export class RawSocket {
  readonly pieces: Piece[] = []
  /** The first line of the response, and its headers in lower case. */
  readonly head: Promise<{ status: number; headers: Record<string, string> }>
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()
  #bytes: Buffer = Buffer.alloc(0)
  #upgraded = false

  constructor(port: number, headers: Record<string, string> = {}, path = '/chat') {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('error', () => {})
    this.ended = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    const all = {
      Host: `127.0.0.1:${port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...headers,
    }
    const lines = Object.entries(all).map(([key, value]) => `${key}: ${value}\r\n`)
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    this.head = new Promise((resolve) => {
      this.#socket.on('data', (chunk) => {
        this.#bytes = Buffer.concat([this.#bytes, chunk])
        if (!this.#upgraded) {
          const head = this.#takeHead()
          if (head === undefined) return
          resolve(head)
        }
        this.#takePieces()
        for (const look of [...this.#waiting]) look()
      })
    })
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes)
  }

  /** A WebSocket frame. */
  frame(opcode: number, payload: Buffer | string, shape: Shape = {}): void {
    this.write(encoded(opcode, payload, shape))
  }

  /** Every text that came, once there are so many. */
  texts(count: number): Promise<string[]> {
    return this.until(() => {
      const texts = this.pieces.filter(({ opcode }) => opcode === 1).map(({ payload }) => String(payload))
      return texts.length >= count ? texts : undefined
    })
  }

  /** The code of the close frame. */
  closeCode(): Promise<number> {
    return this.until(() => this.pieces.find(({ opcode }) => opcode === 8)?.payload.readUInt16BE(0))
  }

  until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find()
        if (found === undefined) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #takeHead(): { status: number; headers: Record<string, string> } | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [status = '', ...lines] = this.#bytes.subarray(0, end).toString('latin1').split('\r\n')
    this.#bytes = this.#bytes.subarray(end + 4)
    this.#upgraded = true
    const headers = lines.map((line) => line.split(/:\s*/, 2)).map(([k = '', v = '']) => [k.toLowerCase(), v])
    return { status: Number(status.split(' ')[1]), headers: Object.fromEntries(headers) }
  }

  #takePieces(): void {
    for (;;) {
      const piece = this.#bytes
      if (piece.length < 2) return
      const short = (piece[1] ?? 0) & 0x7f
      const header = short === 127 ? 10 : short === 126 ? 4 : 2
      if (piece.length < header) return
      const size =
        short === 127 ? Number(piece.readBigUInt64BE(2)) : short === 126 ? piece.readUInt16BE(2) : short
      if (piece.length < header + size) return
      this.pieces.push({ opcode: (piece[0] ?? 0) & 0x0f, payload: piece.subarray(header, header + size) })
      this.#bytes = piece.subarray(header + size)
    }
  }
}

/** The bytes of a WebSocket frame, as broken as its shape says. */
export function encoded(opcode: number, payload: Buffer | string, shape: Shape = {}): Buffer {
  const { fin = true, rsv = 0, mask = true, length } = shape
  const bytes = Buffer.from(payload)
  const key = mask ? randomBytes(4) : Buffer.alloc(0)
  const masked = mask ? bytes.map((byte, i) => byte ^ (key[i % 4] ?? 0)) : bytes
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  return Buffer.concat([Buffer.from([first]), lengthOf(bytes.length, mask, length), key, masked])
}

function lengthOf(actual: number, mask: boolean, claimed?: bigint): Buffer {
  const bit = mask ? 0x80 : 0
  if (claimed === undefined && actual < 126) return Buffer.from([bit | actual])
  const long = Buffer.alloc(9)
  long[0] = bit | 127
  long.writeBigUInt64BE(claimed ?? BigInt(actual), 1)
  return long
}
