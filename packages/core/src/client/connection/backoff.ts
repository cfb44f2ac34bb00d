import { reconnectDelay } from '../../protocol/limits.ts'

/**
 * Returns the wait before the next attempt, in milliseconds (P-LV-2): `100 + random(0, min(max, 500 · 2^n))`,
 * with 20 s as the default of `max`.
 */
export function backoff(n: number, random: number, max: number = reconnectDelay.max): number {
  const { least, step } = reconnectDelay
  return least + random * Math.min(max, step * 2 ** Math.min(n, 31))
}
