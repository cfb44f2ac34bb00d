// A contract of validators, and a contract as a plain interface. Server and page share both.
import { contract, type Schema } from '@chat/core'

export const chat = contract({
  events: { say: schema<{ text: string }>(), dm: schema<{ text: string }>(), typing: schema<boolean>() },
  calls: { rename: { input: schema<{ name: string }>(), output: schema<{ ok: boolean }>() } },
  asks: { confirm: { input: schema<{ question: string }>(), output: schema<boolean>() } },
})

export interface Chat {
  events: { say: { text: string }; typing: boolean }
  calls: { rename: { input: { name: string }; output: { ok: boolean } } }
}

/**
 * The type that zod, valibot and arktype produce. A check with one of these libraries would take longer than
 * all other checks.
 */
function schema<T>(): Schema<T> {
  return { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value: value as T }) } }
}
