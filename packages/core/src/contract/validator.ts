import { ChatError } from '../vocabulary/errors.ts'
import type { ContractDefinition, ContractGroup } from './definition.ts'
import { type Schema, validate } from './schema.ts'
import { isStream, type OpenReaders, type StreamSchema } from './stream.ts'

/** Validates data by a contract, the same on both sides. */
export interface Validator {
  /** `true` with validators: only then all names are known. */
  readonly strict: boolean
  /**
   * Returns the output of an event's validator. Of a stream, `data` is a part of it, such as the beginning in
   * its head.
   *
   * @throws ChatError `bad_request` for an unknown event, `bad_payload` for data that does not pass.
   */
  event(name: string, data: unknown): unknown
  /**
   * Returns the output of the validator of a call or an ask.
   *
   * @throws ChatError `not_found` for an unknown name, `bad_payload` for a value that does not pass.
   */
  operation(group: 'calls' | 'asks', part: 'input' | 'output', name: string, value: unknown): unknown
  /**
   * Returns the output of the validator of presence states. No state, `null` or `undefined`, is returned as it is.
   *
   * @throws ChatError `bad_payload` for a state that does not pass.
   */
  state(state: unknown): unknown
  /** Tells if a name stands in a group of the contract. */
  has(group: ContractGroup, name: string): boolean
  /**
   * Returns the declaration of a stream: a member of `streams` or `clientStreams`, or the output of a call that is
   * answered by a stream. `null` for every other name.
   */
  stream(name: string): StreamSchema | null
  /** Opens the readers of a client; `null` for a contract without streams. */
  readonly open: OpenReaders | null
}

/** Validator without a contract: every value passes, and every name may exist. */
export const withoutValidators: Validator = {
  strict: false,
  event: (_name, data) => data,
  operation: (_group, _part, _name, value) => value,
  state: (state) => state,
  has: () => false,
  stream: () => null,
  open: null,
}

/** Validator of a contract that has validators. */
export class DefinitionValidator implements Validator {
  readonly strict = true
  readonly #definition: ContractDefinition

  constructor(definition: ContractDefinition) {
    this.#definition = definition
  }

  event(name: string, data: unknown): unknown {
    const group = this.has('serverEvents', name) ? 'serverEvents' : 'events'
    const schema = this.stream(name) ?? (this.#member(group, name) as Schema)
    return validate(schema, data, `event '${name}'`)
  }

  operation(group: 'calls' | 'asks', part: 'input' | 'output', name: string, value: unknown): unknown {
    const subject = `the ${part} of ${group === 'calls' ? 'call' : 'ask'} '${name}'`
    const member = this.#member(group, name) as { readonly input: Schema; readonly output: Schema }
    return validate(member[part], value, subject)
  }

  state(state: unknown): unknown {
    const { presence } = this.#definition
    return presence === undefined || state === null || state === undefined
      ? state
      : validate(presence, state, 'the presence state')
  }

  has(group: ContractGroup, name: string): boolean {
    const members = this.#definition[group]
    return members !== undefined && Object.hasOwn(members, name)
  }

  stream(name: string): StreamSchema | null {
    for (const group of ['streams', 'clientStreams'] as const)
      if (this.has(group, name)) return this.#definition[group]?.[name] ?? null
    const output = this.has('calls', name) ? this.#definition.calls?.[name]?.output : undefined
    return output !== undefined && isStream(output) ? output : null
  }

  get open(): OpenReaders | null {
    const { streams, clientStreams, calls } = this.#definition
    for (const name of Object.keys({ ...streams, ...clientStreams, ...calls })) {
      const stream = this.stream(name)
      if (stream !== null) return stream.open
    }
    return null
  }

  #member(group: ContractGroup, name: string): unknown {
    if (this.has(group, name)) return this.#definition[group]?.[name]
    throw new ChatError(
      group === 'events' ? 'bad_request' : 'not_found',
      `unable to find '${name}': it is not among the contract's ${group}`,
    )
  }
}
