import type { Line } from '../contract.ts'

const longestText = 8_000
const soon = 60_000

/** A new line, with a key that nobody else has. */
export function newLine(text: string): Line {
  // Not `randomUUID`, which pages over plain http from another machine lack.
  const random = crypto.getRandomValues(new Uint32Array(3))
  return { text, key: Array.from(random, (n) => n.toString(36)).join(''), sentAt: Date.now() }
}

/** The server takes any data, so what comes is looked at before it is shown. */
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
