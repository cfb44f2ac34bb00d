const least = 100
const step = 500
const cap = 20_000

/**
 * How long to wait before the next attempt, in milliseconds (P-LV-2): `100 + random(0, min(20 s, 500 · 2^n))`.
 *
 * @internal
 */
export function backoff(n: number, random: number): number {
  return least + random * Math.min(cap, step * 2 ** Math.min(n, 31))
}
