import type { SessionMemory } from './options.ts'

/**
 * Remembers for a session of the browser that WebSocket is blocked on the path to a hub. A storage that is
 * full, forbidden or missing remembers nothing.
 */
export class BlockedMemory {
  readonly #memory: () => SessionMemory | null
  readonly #key: string

  /**
   * `undefined` is the page's `sessionStorage`, which is read on each use, because reading it throws where it
   * is forbidden.
   */
  constructor(memory: SessionMemory | null | undefined, hub: string) {
    this.#memory = () =>
      memory === undefined ? ((globalThis as Partial<typeof globalThis>).sessionStorage ?? null) : memory
    this.#key = `chat: no WebSocket to ${hub}`
  }

  get blocked(): boolean {
    try {
      return this.#memory()?.getItem(this.#key) === 'true'
    } catch {
      return false
    }
  }

  set blocked(blocked: boolean) {
    try {
      if (blocked) this.#memory()?.setItem(this.#key, 'true')
      else this.#memory()?.removeItem(this.#key)
    } catch {}
  }
}
