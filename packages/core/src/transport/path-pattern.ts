import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { none, TextRecord } from './text-record.ts'

/**
 * Result of matching a path: its parameters; `malformed` when a parameter is not encoded correctly; `null`
 * when the path does not match.
 */
export type PathMatch = Readonly<TextRecord> | 'malformed' | null

interface Segment {
  /** Name of the parameter; `null` for a segment that is compared. */
  readonly name: string | null
  readonly literal: string
}

/** Stands for a parameter in a shape: it sorts behind every literal. */
const parameterShape = '\uffff'

/** Path with parameters, such as `/ws/:user`. */
export class PathPattern {
  /** Equal for patterns that match the same paths. In sorted order, the more specific pattern comes first. */
  readonly shape: string
  readonly #segments: readonly Segment[]
  readonly #trailingSlash: boolean
  readonly #hasParams: boolean

  /** @throws UsageError when the text is no pattern. */
  constructor(pattern: string) {
    if (typeof pattern !== 'string' || !pattern.startsWith('/') || /[?#*\s]/.test(pattern))
      throw new UsageError(
        `unable to serve the hub: the option 'path' is ${describe(pattern)}; start it with "/", without a query, wildcards and spaces, as in "/chat" or "/ws/:user"`,
      )
    this.#trailingSlash = pattern.length > 1 && pattern.endsWith('/')
    this.#segments = split(this.#trailingSlash ? pattern.slice(0, -1) : pattern).map(segmentOf)
    this.#hasParams = this.#segments.some(({ name }) => name !== null)
    this.shape = this.#segments
      .map(({ name, literal }) => `/${name === null ? literal : parameterShape}`)
      .join('')
    const names = this.#segments.flatMap(({ name }) => name ?? [])
    if (new Set(names).size < names.length)
      throw new UsageError(
        `unable to serve the hub: two parameters of the option 'path' (${pattern}) have the same name; give each a name of its own`,
      )
  }

  /** Matches a path as it arrived in a request, without its query. */
  match(path: string): PathMatch {
    const trimmed = this.#trailingSlash && path.endsWith('/') ? path.slice(0, -1) : path
    const parts = split(trimmed)
    if (!path.startsWith('/') || parts.length !== this.#segments.length) return null
    for (const [i, { name, literal }] of this.#segments.entries()) {
      const part = parts[i] ?? ''
      if (name === null ? part !== literal : part === '') return null
    }
    return this.#hasParams ? this.#params(parts) : none
  }

  #params(parts: readonly string[]): PathMatch {
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
      `unable to serve the hub: ${JSON.stringify(text)} in the option 'path' is no parameter; give it a name of letters, digits and "_", as in ":user"`,
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
