import type { ContractGroup } from '../contract/definition.ts'
import type { StreamSchema } from '../contract/stream.ts'
import type { Validator } from '../contract/validator.ts'

/**
 * Time that the validation of one value may take, in milliseconds. Clients choose the values, and the hub serves
 * no other client meanwhile.
 */
const patience = 20

/** Options of {@link timed}. */
export interface TimedOptions {
  /** Returns the time in milliseconds. */
  readonly now: () => number
  /** Called once for each name of the contract whose validator took long. */
  readonly onSlow: (error: Error, name: string) => void
}

/** Returns a validator that tells which names hold up the hub. A contract without validators is not timed. */
export const timed = (validator: Validator, options: TimedOptions): Validator =>
  validator.strict ? new TimedValidator(validator, options) : validator

class TimedValidator implements Validator {
  /** A hub reads no streams. */
  readonly open = null
  readonly strict = true
  readonly #validator: Validator
  readonly #options: TimedOptions
  readonly #slow = new Set<string>()

  constructor(validator: Validator, options: TimedOptions) {
    this.#validator = validator
    this.#options = options
  }

  event(name: string, data: unknown): unknown {
    const start = this.#options.now()
    try {
      return this.#validator.event(name, data)
    } finally {
      this.#check('events', name, start)
    }
  }

  operation(group: 'calls' | 'asks', part: 'input' | 'output', name: string, value: unknown): unknown {
    const start = this.#options.now()
    try {
      return this.#validator.operation(group, part, name, value)
    } finally {
      this.#check(group, name, start)
    }
  }

  state(state: unknown): unknown {
    const start = this.#options.now()
    try {
      return this.#validator.state(state)
    } finally {
      this.#note('presence', start)
    }
  }

  has(group: ContractGroup, name: string): boolean {
    return this.#validator.has(group, name)
  }

  stream(name: string): StreamSchema | null {
    return this.#validator.stream(name)
  }

  #check(group: ContractGroup, name: string, start: number): void {
    if (this.has(group, name)) this.#note(name, start)
  }

  #note(name: string, start: number): void {
    const time = this.#options.now() - start
    if (time < patience || this.#slow.has(name)) return
    this.#slow.add(name)
    const message = `unable to validate '${name}' within ${patience} ms: its validator took ${Math.round(time)} ms, in which the hub served no other client; bound the lengths of the texts and arrays in its schema`
    this.#options.onSlow(new Error(message), name)
  }
}
