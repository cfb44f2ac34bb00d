import { reconnectDelay } from '../../protocol/limits.ts'

/**
 * Returns the wait before the next attempt, in milliseconds (P-LV-2): `100 + random(0, min(20 s, 500 ·
 * 2^n))`.
 */
export function backoff(n: number, random: number): number {
  const { least, step, max } = reconnectDelay
  return least + random * Math.min(max, step * 2 ** Math.min(n, 31))
}
