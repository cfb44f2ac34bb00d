import { ChatError } from '../vocabulary/errors.ts'
import type { AnyContract, Contract, ContractDefinition } from './contract.ts'
import { type Schema, validate } from './schema.ts'

/**
 * Validates by a contract, the same on both sides. Without validators every value passes and every name is
 * known.
 */
export class Validator {
  readonly #definition: ContractDefinition | null

  constructor(contract: AnyContract | undefined) {
    this.#definition = contract !== undefined && isContract(contract) ? contract.definition : null
  }

  /** `true` with validators: only then all names are known. */
  get strict(): boolean {
    return this.#definition !== null
  }

  /**
   * Returns the output of an event's validator.
   *
   * @throws ChatError `bad_request` for an unknown event, `bad_payload` for data that does not pass.
   */
  event(name: string, data: unknown): unknown {
    return validate(this.#schema('events', name, undefined), data, `event '${name}'`)
  }

  /**
   * Returns the output of the validator of a call or an ask.
   *
   * @throws ChatError `not_found` for an unknown name, `bad_payload` for a value that does not pass.
   */
  operation(group: 'calls' | 'asks', part: 'input' | 'output', name: string, value: unknown): unknown {
    const subject = `the ${part} of ${group === 'calls' ? 'call' : 'ask'} '${name}'`
    return validate(this.#schema(group, name, part), value, subject)
  }

  /** Tells if a name stands in a group of the contract. */
  has(group: keyof ContractDefinition, name: string): boolean {
    const members = this.#definition?.[group]
    return members !== undefined && Object.hasOwn(members, name)
  }

  #schema(
    group: keyof ContractDefinition,
    name: string,
    part: 'input' | 'output' | undefined,
  ): Schema | undefined {
    if (this.#definition === null) return undefined
    if (!this.has(group, name))
      throw new ChatError(
        group === 'events' ? 'bad_request' : 'not_found',
        `unable to find '${name}': it is not among the contract's ${group}`,
      )
    const member = this.#definition[group]?.[name]
    return part === undefined ? (member as Schema) : (member as { input: Schema; output: Schema })[part]
  }
}

const isContract = (contract: AnyContract): contract is Contract => 'definition' in contract
