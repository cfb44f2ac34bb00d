import { deliveredIds } from '../../protocol/limits.ts'

/** Adds an id to those that were delivered last. Returns `false` when it is among them already (P-ST-7). */
export function rememberId(delivered: Set<string>, id: string): boolean {
  if (delivered.has(id)) return false
  delivered.add(id)
  if (delivered.size > deliveredIds) {
    const [oldest] = delivered
    if (oldest !== undefined) delivered.delete(oldest)
  }
  return true
}
