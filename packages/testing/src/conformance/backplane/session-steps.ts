import type { Backplane, TakeResult } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { Cluster } from './cluster.ts'

/** Milliseconds for which a session is kept in cases in which it expires. */
export const shortTime = 120_000
/** Milliseconds for which a session is kept in all other cases; a store may have a bound above it. */
export const longTime = 300_000

/** Parts of an attempt to take a session that a case chooses. */
export interface Attempt {
  /** Node that takes the session. Default: the second. */
  readonly node?: Backplane
  readonly user?: string
  readonly n?: number
  readonly next?: string
  readonly ttl?: number
  /** Name of the node that holds the session from then on. */
  readonly by?: string
}

/** Returns a stand-in for the hash of a secret: 64 hexadecimal digits. */
export const hash = (name: string): string =>
  [...name.padEnd(32, '.')].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')

/** Puts a session with the secret `s0`, which `node1` holds. */
export function put(
  cluster: Cluster,
  id = 'session1',
  { user = 'alice', ttl = longTime }: { user?: string; ttl?: number } = {},
): Promise<void> {
  const record = { id, user, secret: hash('s0') }
  return cluster.awaitAnswer('a put is answered', cluster.a.sessions.put(record, 'node1', ttl))
}

/** Makes an attempt to take a session. */
export function take(
  cluster: Cluster,
  secret: string,
  attempt: Attempt = {},
  id = 'session1',
): Promise<TakeResult> {
  const { node = cluster.b, user = 'alice', n = 1, next = 'next', by = 'node2', ttl = longTime } = attempt
  const made = { user, secret: hash(secret), n, next: hash(next), node: by }
  return cluster.awaitAnswer('a take is answered', node.sessions.take(id, made, ttl))
}

/** Returns the outcome of an attempt to take a session. */
export async function outcome(cluster: Cluster, secret: string, attempt: Attempt = {}): Promise<string> {
  return (await take(cluster, secret, attempt)).outcome
}

/** Takes a session, which must succeed, and returns its generation. */
export async function taken(cluster: Cluster, secret: string, attempt: Attempt = {}): Promise<number> {
  const answer = await take(cluster, secret, attempt)
  same(answer.outcome, 'taken', `a take with ${secret}`)
  return answer.outcome === 'taken' ? answer.generation : 0
}

/** Renews a session. */
export function renew(
  cluster: Cluster,
  generation: number,
  given: { id?: string; user?: string; lastRef?: number; node?: Backplane; ttl?: number } = {},
): Promise<boolean> {
  const { id = 'session1', user = 'alice', lastRef = 1, node = cluster.b, ttl = longTime } = given
  return cluster.awaitAnswer(
    'a renew is answered',
    node.sessions.renew({ id, user }, generation, lastRef, ttl),
  )
}

/** Drops a session, or all sessions of a user. */
export function dropSession(
  cluster: Cluster,
  which: { readonly id: string } | { readonly user: string },
): Promise<void> {
  return cluster.awaitAnswer('a drop is answered', cluster.a.sessions.drop(which))
}

/** Looks a session up. */
export function find(
  cluster: Cluster,
  id: string,
  node: Backplane = cluster.b,
): Promise<{ readonly user: string; readonly node: string | null } | null> {
  return cluster.awaitAnswer('a find is answered', node.sessions.find(id))
}
