import { ConformanceError } from '../check.ts'
import type { ProtocolHarness, ProtocolLack } from './harness.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** One obligation of a hub. */
export interface ProtocolCase {
  readonly name: string
  /** Ids of the rules of the protocol that the case shows. */
  readonly rules: readonly string[]
  /** Abilities that the case needs. */
  readonly needs?: readonly ProtocolLack[]
  run(hub: HubUnderTest): Promise<unknown>
}

/** Returns the title of a case: its name and its rules. */
export const titleOf = ({ name, rules }: ProtocolCase): string => `${name} (${rules.join(', ')})`

/** Returns why a case cannot be shown; `null` when it can. */
export function obstacle({ lacks = {} }: ProtocolHarness, { needs = [] }: ProtocolCase): string | null {
  for (const need of needs) {
    const reason = lacks[need]
    if (reason !== undefined) return reason
  }
  return null
}

/** Returns a part of the harness that a case needs. */
export function given<T>(part: T | undefined, name: ProtocolLack): T {
  if (part === undefined)
    throw new ConformanceError(`the harness has no \`${name}\`: name it in \`lacks\`, with the reason`)
  return part
}
