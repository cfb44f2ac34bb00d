import { operationBytes } from '../../protocol/limits.ts'

/** Counts the operations of one payer that wait. */
export interface Backlog {
  /** Counts an operation that begins to wait, by the bytes of its text. */
  enter(bytes: number): void
  /** Counts an operation that has ended. */
  leave(bytes: number): void
}

/**
 * The operations that wait for the policy of the application, for the backplane or for each other, by payer
 * (P-LV-10). Their data is held as objects, which take many times their text.
 */
export class Backlogs {
  /** The bytes of each payer with waiting operations. */
  readonly #bytes = new Map<string, number>()

  /** Number of payers with waiting operations. */
  get size(): number {
    return this.#bytes.size
  }

  /** Tells whether the operations of a payer take as many bytes. */
  takes(payer: string, bytes: number): boolean {
    return this.#bytes.size > 0 && (this.#bytes.get(payer) ?? 0) >= bytes
  }

  /** Returns the backlog of a payer. */
  of(payer: string): Backlog {
    return {
      enter: (bytes) => this.#add(payer, bytes + operationBytes),
      leave: (bytes) => this.#add(payer, -bytes - operationBytes),
    }
  }

  #add(payer: string, bytes: number): void {
    const sum = (this.#bytes.get(payer) ?? 0) + bytes
    if (sum > 0) this.#bytes.set(payer, sum)
    else this.#bytes.delete(payer)
  }
}
