import type { ContractGroup } from '../contract/definition.ts'
import type { StreamSchema } from '../contract/stream.ts'
import type { Validator } from '../contract/validator.ts'
import { ChatError } from '../vocabulary/errors.ts'
import type { ContractNames } from './contract-names.ts'

const eventGroups = ['events', 'serverEvents', 'streams', 'clientStreams'] as const

/**
 * Returns a validator whose errors about unknown names say which name was meant. Without validators all names
 * exist.
 */
export const hinting = (validator: Validator, names: ContractNames): Validator =>
  validator.strict ? new HintingValidator(validator, names) : validator

class HintingValidator implements Validator {
  /** A hub reads no streams. */
  readonly open = null
  readonly strict = true
  readonly #validator: Validator
  readonly #names: ContractNames

  constructor(validator: Validator, names: ContractNames) {
    this.#validator = validator
    this.#names = names
  }

  event(name: string, data: unknown): unknown {
    try {
      return this.#validator.event(name, data)
    } catch (error) {
      throw this.#hinted(error, name, eventGroups)
    }
  }

  operation(group: 'calls' | 'asks', part: 'input' | 'output', name: string, value: unknown): unknown {
    try {
      return this.#validator.operation(group, part, name, value)
    } catch (error) {
      throw this.#hinted(error, name, [group])
    }
  }

  state(state: unknown): unknown {
    return this.#validator.state(state)
  }

  has(group: ContractGroup, name: string): boolean {
    return this.#validator.has(group, name)
  }

  stream(name: string): StreamSchema | null {
    return this.#validator.stream(name)
  }

  #hinted(error: unknown, name: string, groups: readonly ContractGroup[]): unknown {
    if (!(error instanceof ChatError) || groups.some((group) => this.has(group, name))) return error
    const hint = this.#names.hint(name, groups)
    return hint === '' ? error : new ChatError(error.code, `${error.message}${hint}`, { cause: error })
  }
}
