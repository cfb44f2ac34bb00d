// One contract by validators, one as a plain interface: both are shared by server and page.
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

/** What zod, valibot and arktype make: checking the types of one of them would take longer than everything else. */
function schema<T>(): Schema<T> {
  return { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value: value as T }) } }
}
