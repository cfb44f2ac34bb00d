import { UsageError } from '../vocabulary/errors.ts'
import { none, TextRecord } from './text-record.ts'

/** What a path is to a pattern: its parameters, ours but wrongly encoded, or not ours. */
export type Match = Readonly<TextRecord> | 'malformed' | null

interface Segment {
  readonly name: string | null
  readonly literal: string
}

/** Stands for a parameter; behind every literal in the order of texts. */
const anything = '\uffff'

/** A path with parameters, such as `/ws/:user`. */
export class PathPattern {
  /** The same for patterns that match the same paths. Sorted, the more particular pattern comes first. */
  readonly shape: string
  readonly #segments: readonly Segment[]
  readonly #slash: boolean
  readonly #named: boolean

  /** @throws UsageError when it is no pattern. */
  constructor(pattern: string) {
    if (!pattern.startsWith('/') || /[?#*\s]/.test(pattern))
      throw new UsageError(
        `unable to attach to ${JSON.stringify(pattern)}: a path starts with "/" and has no query, no wildcard and no spaces, as in "/chat" or "/ws/:user"`,
      )
    this.#slash = pattern.length > 1 && pattern.endsWith('/')
    this.#segments = split(this.#slash ? pattern.slice(0, -1) : pattern).map(segmentOf)
    this.#named = this.#segments.some(({ name }) => name !== null)
    this.shape = this.#segments.map(({ name, literal }) => `/${name === null ? literal : anything}`).join('')
    const names = this.#segments.flatMap(({ name }) => name ?? [])
    if (new Set(names).size < names.length)
      throw new UsageError(`unable to attach to ${pattern}: two of its parameters have the same name`)
  }

  match(path: string): Match {
    const trimmed = this.#slash && path.endsWith('/') ? path.slice(0, -1) : path
    const parts = split(trimmed)
    if (!path.startsWith('/') || parts.length !== this.#segments.length) return null
    for (const [i, { name, literal }] of this.#segments.entries()) {
      const part = parts[i] ?? ''
      if (name === null ? part !== literal : part === '') return null
    }
    return this.#named ? this.#params(parts) : none
  }

  #params(parts: readonly string[]): Match {
    const params = new TextRecord()
    for (const [i, { name }] of this.#segments.entries()) {
      if (name === null) continue
      const value = decoded(parts[i] ?? '')
      if (value === null) return 'malformed'
      params[name] = value
    }
    return params
  }
}

const split = (path: string): string[] => path.slice(1).split('/')

function segmentOf(text: string): Segment {
  if (!text.startsWith(':')) return { name: null, literal: text.includes('%') ? text : encodeURI(text) }
  const name = text.slice(1)
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new UsageError(
      `unable to attach: ${JSON.stringify(text)} is no parameter; a name has letters, digits and "_"`,
    )
  return { name, literal: '' }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
