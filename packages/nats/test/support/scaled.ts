import type { Backplane, NewMessage, PresenceLease, PresenceStore, SessionStore } from '@chat/core/backplane'

/**
 * Number of times that a server's time passes faster than that of a case: durations are divided by it, and a
 * case waits for as much less.
 */
export const factor = 50

/** Returns a duration of a case as the server gets it. */
export const scale = (duration: number): number => Math.ceil(duration / factor)

/** Returns a backplane that divides all durations which it is given. */
export function scaled(backplane: Backplane): Backplane {
  const sessions = scaledSessions(backplane.sessions)
  const presence = scaledPresence(backplane.presence)
  const append: Backplane['append'] = (stream, message, ...rest) =>
    backplane.append(stream, scaledMessage(message), ...rest)
  return new Proxy(backplane, {
    get(target, name) {
      if (name === 'sessions') return sessions
      if (name === 'presence') return presence
      if (name === 'append') return append
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const scaledMessage = (message: NewMessage): NewMessage =>
  message.keep === undefined ? message : { ...message, keep: scale(message.keep) }

function scaledSessions(store: SessionStore): SessionStore {
  return {
    put: (record, node, ttl) => store.put(record, node, scale(ttl)),
    take: (id, attempt, ttl) => store.take(id, attempt, scale(ttl)),
    confirm: (id, generation) => store.confirm(id, generation),
    renew: (session, generation, lastRef, ttl) => store.renew(session, generation, lastRef, scale(ttl)),
    find: (id) => store.find(id),
    drop: (which) => store.drop(which),
  }
}

function scaledPresence(store: PresenceStore): PresenceStore {
  const lease = ({ ttl, keep }: PresenceLease): PresenceLease => ({ ttl: scale(ttl), keep: scale(keep) })
  return {
    lease: (node, given) => store.lease(node, lease(given)),
    enter: (room, sessions, given) => store.enter(room, sessions, lease(given)),
    leave: (room, session, generation, keep) => store.leave(room, session, generation, scale(keep)),
    members: (room, known) => store.members(room, known),
    watch: (room, listener) => store.watch(room, listener),
  }
}
