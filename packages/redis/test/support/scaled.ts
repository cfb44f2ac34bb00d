import type { Backplane, BackplaneCapabilities, PresenceStore, SessionStore } from '@chat/core/backplane'
import { standardTuning, type Tuning } from '../../src/tuning.ts'

/** Factor by which time passes faster in the suites: Redis has no clock that a test could move. */
export const factor = 20

const faster = (duration: number): number => Math.ceil(duration / factor)

/** The durations of production, in faster time. Marks of users are kept for two lifetimes of a session. */
export const fasterTuning: Tuning = {
  ...standardTuning,
  leastTtl: faster(standardTuning.leastTtl),
  markTtl: faster(240_000),
  linger: faster(standardTuning.linger),
  probeInterval: 500,
}

/** A backplane to which all durations are given in faster time. */
export class ScaledBackplane implements Backplane {
  readonly capabilities: BackplaneCapabilities
  readonly sessions: SessionStore
  readonly presence: PresenceStore
  readonly #inner: Backplane

  constructor(inner: Backplane) {
    this.#inner = inner
    const { capabilities, sessions, presence } = inner
    this.capabilities = { ...capabilities, dedupeWindow: capabilities.dedupeWindow * factor }
    this.sessions = {
      put: (record, node, ttl) => sessions.put(record, node, faster(ttl)),
      take: (id, attempt, ttl) => sessions.take(id, attempt, faster(ttl)),
      confirm: (id, generation) => sessions.confirm(id, generation),
      renew: (session, generation, ref, ttl) => sessions.renew(session, generation, ref, faster(ttl)),
      find: (id) => sessions.find(id),
      drop: (which) => sessions.drop(which),
    }
    this.presence = {
      lease: (node, { ttl, keep }) => presence.lease(node, { ttl: faster(ttl), keep: faster(keep) }),
      enter: (room, entering, { ttl, keep }) =>
        presence.enter(room, entering, { ttl: faster(ttl), keep: faster(keep) }),
      leave: (room, session, generation, keep) => presence.leave(room, session, generation, faster(keep)),
      members: (room, known) => presence.members(room, known),
      watch: (room, listener) => presence.watch(room, listener),
    }
  }

  append: Backplane['append'] = (stream, message, ...rest) =>
    this.#inner.append(
      stream,
      message.keep === undefined ? message : { ...message, keep: faster(message.keep) },
      ...rest,
    )
  find: Backplane['find'] = (...args) => this.#inner.find(...args)
  read: Backplane['read'] = (...args) => this.#inner.read(...args)
  heads: Backplane['heads'] = (...args) => this.#inner.heads(...args)
  tail: Backplane['tail'] = (...args) => this.#inner.tail(...args)
  bump: Backplane['bump'] = (...args) => this.#inner.bump(...args)
  redact: Backplane['redact'] = (...args) => this.#inner.redact(...args)
  publish: Backplane['publish'] = (...args) => this.#inner.publish(...args)
  subscribe: Backplane['subscribe'] = (...args) => this.#inner.subscribe(...args)
  onReconnect: Backplane['onReconnect'] = (...args) => this.#inner.onReconnect(...args)
  probe: Backplane['probe'] = () => this.#inner.probe()
  close: Backplane['close'] = () => this.#inner.close()
}
