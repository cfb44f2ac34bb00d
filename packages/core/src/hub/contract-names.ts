import type { AnyContract } from '../contract/contract.ts'
import type { ContractGroup as Group } from '../contract/definition.ts'
import { didYouMean } from '../vocabulary/closest.ts'

const nouns: Readonly<Record<Group, string>> = {
  events: 'an event',
  serverEvents: 'an event that only the hub sends',
  streams: 'a stream',
  clientStreams: 'a stream',
  calls: 'a call',
  asks: 'an ask',
}

/** The names of a contract with validators, by group, for the errors about a name that is not among them. */
export class ContractNames {
  readonly #groups: ReadonlyMap<Group, readonly string[]>

  /** Without validators there are no names. */
  constructor(contract: AnyContract | undefined) {
    const definition = contract !== undefined && 'definition' in contract ? contract.definition : {}
    const groups = Object.keys(nouns) as Group[]
    this.#groups = new Map(groups.map((group) => [group, Object.keys(definition[group] ?? {})]))
  }

  /** Returns the names of a group. */
  list(group: Group): readonly string[] {
    return this.#groups.get(group) ?? []
  }

  /**
   * Returns the end of an error about a name that is in none of the groups that an operation takes: the group
   * that has the name, or the name that is spelt most alike; empty when there is neither.
   */
  hint(name: string, taken: readonly Group[]): string {
    for (const [group, names] of this.#groups) if (names.includes(name)) return `; it is ${nouns[group]}`
    return didYouMean(
      name,
      taken.flatMap((group) => this.list(group)),
    )
  }
}
