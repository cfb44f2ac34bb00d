import type { Line } from '../contract.ts'

const longestText = 8_000
const soon = 60_000

/** Makes a line with a unique key. */
export function newLine(text: string): Line {
  // `randomUUID` is missing in pages over plain http from another machine.
  const random = crypto.getRandomValues(new Uint32Array(3))
  return { text, key: Array.from(random, (n) => n.toString(36)).join(''), sentAt: Date.now() }
}

/** Checks received data, because the server accepts any data. Returns `null` for invalid data. */
export function readLine(data: unknown): Line | null {
  if (typeof data !== 'object' || data === null || !('text' in data)) return null
  const { text, key, sentAt } = data as Partial<Record<keyof Line, unknown>>
  if (typeof text !== 'string' || text.trim() === '') return null
  const now = Date.now()
  const plausible = typeof sentAt === 'number' && sentAt > 0 && sentAt < now + soon
  return {
    text: text.slice(0, longestText),
    key: typeof key === 'string' && key.length < 100 ? key : '',
    sentAt: plausible ? sentAt : now,
  }
}
