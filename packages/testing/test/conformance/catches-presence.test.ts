import type { MaybePromise } from '@chat/core'
import type {
  EnteringSession,
  PresenceHint,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { describe, expect, it } from 'vitest'
import { caseNames, type Fault, fails } from '../support/faulty-backplane.ts'

type Change = (real: PresenceStore, store: MemoryStore) => Partial<PresenceStore>

const withPresence = (change: Change): Fault => {
  return (real, store) => ({ presence: { ...real.presence, ...change(real.presence, store) } })
}

/** The answer of a store that answers at once. */
const now = <T>(value: MaybePromise<T>): T => value as T

const withEntering = (change: (entering: EnteringSession) => EnteringSession): Fault =>
  withPresence((real) => ({
    enter: (room, sessions, ttl) => real.enter(room, sessions.map(change), ttl),
  }))

const withHint = (change: (hint: PresenceHint) => Partial<PresenceHint> | null): Fault =>
  withPresence((real) => ({
    watch: (room, listener) =>
      real.watch(room, (hint) => {
        const other = change(hint)
        if (other !== null) listener({ ...hint, ...other })
      }),
  }))

const withAnswer = (change: (room: string, answer: PresenceRevision) => Partial<PresenceRevision>): Fault =>
  withPresence((real) => ({
    enter(room, sessions, ttl) {
      const page = now(real.enter(room, sessions, ttl))
      return { ...page, ...change(room, page) }
    },
    leave(room, session, generation, keep) {
      const answer = now(real.leave(room, session, generation, keep))
      return { ...answer, ...change(room, answer) }
    },
    members(room) {
      const page = now(real.members(room, null))
      return page === null ? null : { ...page, ...change(room, page) }
    },
  }))

const withNames = (room: (name: string) => string, session = (name: string): string => name): Fault =>
  withPresence((real) => ({
    enter: (name, sessions, ttl) =>
      real.enter(
        room(name),
        sessions.map((one) => ({ ...one, session: session(one.session) })),
        ttl,
      ),
    leave: (name, one, generation, keep) => real.leave(room(name), session(one), generation, keep),
    members: (name, known) => real.members(room(name), known),
    watch: (name, listener) => real.watch(room(name), listener),
  }))

/** Remembers states by a name of its own making. */
const withMemory = (name: (room: string, session: string) => string): Fault => {
  const states = new Map<string, string>()
  return withPresence((real) => ({
    enter: (room, sessions, ttl) =>
      real.enter(
        room,
        sessions.map((one) => ({ state: states.get(name(room, one.session)) ?? 'null', ...one })),
        ttl,
      ),
    leave(room, session, generation, keep) {
      states.set(name(room, session), find(real, room, session)?.state ?? 'null')
      return real.leave(room, session, generation, keep)
    },
  }))
}

const find = (real: PresenceStore, room: string, session: string): PresentSession | undefined =>
  now(real.members(room, null))?.members.find((member) => member.session === session)

/** When the leases of nodes end, counted by a store that does so in its own way. */
const withLeases = (
  count: (end: number | undefined, ttl: number, entering: boolean, now: number) => number,
): Fault => {
  const ends = new Map<string, number>()
  return withPresence((real, store) => {
    const left = (node: string, ttl: number, entering: boolean): number => {
      const at = store.runtime.now()
      const end = count(ends.get(node), ttl, entering, at)
      ends.set(node, end)
      return end - at
    }
    return {
      lease: (node, { ttl, keep }) => real.lease(node, { ttl: left(node, ttl, false), keep }),
      enter: (room, sessions, { ttl, keep }) =>
        real.enter(room, sessions, { ttl: left(sessions[0]?.node ?? '', ttl, true), keep }),
    }
  })
}

let everyone: PresenceStore | undefined

const faults: readonly [fault: string, fails: string, fault: Fault][] = [
  [
    'does not see the changes of another node',
    'an enter is answered with the record, and every node sees it',
    withPresence((_, store) => new MemoryBackplane(new MemoryStore(store.runtime)).presence),
  ],
  [
    'forgets the user',
    'an enter is answered with the record, and every node sees it',
    withEntering((entering) => ({ ...entering, user: '' })),
  ],
  [
    'counts every enter',
    'an equal enter',
    withPresence((real) => ({
      enter(room, sessions, ttl) {
        for (const { session, generation } of sessions) now(real.leave(room, session, generation, 1_000))
        return real.enter(room, sessions, ttl)
      },
    })),
  ],
  [
    'takes any generation',
    'an enter of a lower generation',
    withPresence((real) => ({
      enter(room, sessions, ttl) {
        for (const { session } of sessions) now(real.leave(room, session, 99, 1_000))
        return real.enter(room, sessions, ttl)
      },
    })),
  ],
  [
    'answers with the records of the call',
    'an enter of a lower generation',
    withPresence((real) => ({
      enter: (room, sessions, ttl) => ({
        ...now(real.enter(room, sessions, ttl)),
        members: sessions.map((one) => ({ ...one, state: one.state ?? 'null' })),
      }),
    })),
  ],
  [
    'keeps the first record',
    'an enter of a greater generation',
    withPresence((real) => ({
      enter: (room, sessions, ttl) =>
        real.enter(
          room,
          sessions.map((one) => find(real, room, one.session) ?? one),
          ttl,
        ),
    })),
  ],
  [
    'lets anyone leave',
    'a leave of a lower generation',
    withPresence((real) => ({
      leave: (room, session, generation, keep) => real.leave(room, session, generation + 1, keep),
    })),
  ],
  [
    'lets only the same generation leave',
    'a leave of a lower generation',
    withPresence((real) => ({
      leave(room, session, generation, keep) {
        const same = find(real, room, session)?.generation === generation
        return real.leave(room, session, same ? generation : 0, keep)
      },
    })),
  ],
  [
    'takes no state for null',
    'an enter without a state keeps the state, and an enter with a state replaces it unchanged',
    withEntering((entering) => ({ state: 'null', ...entering })),
  ],
  [
    'takes an empty state for none',
    'an enter without a state keeps the state, and an enter with a state replaces it unchanged',
    withEntering(({ state, ...rest }) => (state === '""' || state === undefined ? rest : { ...rest, state })),
  ],
  [
    'remembers no state',
    'a state is remembered',
    withPresence((real) => ({
      leave: (room, session, generation) => real.leave(room, session, generation, 0),
    })),
  ],
  ['remembers a state in every room', 'a state is remembered', withMemory((_, session) => session)],
  [
    'remembers every state',
    'a leave with `keep: 0` forgets the state, also when the session has already left',
    withPresence((real) => ({
      leave: (room, session, generation) => real.leave(room, session, generation, 60_000),
    })),
  ],
  [
    'remembers for ever',
    'a state is forgotten',
    withPresence((real) => ({
      leave: (room, session, generation, keep) => real.leave(room, session, generation, keep * 1_000),
    })),
  ],
  [
    'forgets too early',
    'a state is forgotten',
    withPresence((real) => ({
      leave: (room, session, generation, keep) => real.leave(room, session, generation, keep / 2),
    })),
  ],
  [
    'always answers the members',
    'members with a known revision are answered only when the revision has changed',
    withPresence((real) => ({ members: (room) => real.members(room, null) })),
  ],
  [
    'never answers the members again',
    'members with a known revision are answered only when the revision has changed',
    withPresence((real) => ({
      members: (room, known) => (known === null ? real.members(room, null) : null),
    })),
  ],
  [
    'does not look at the epoch',
    'members with a known revision are answered only when the revision has changed',
    withPresence((real) => ({
      members(room, known) {
        const page = now(real.members(room, null))
        return known?.revision === page?.revision ? null : page
      },
    })),
  ],
  [
    'lets several enter one after the other',
    'several sessions in one enter',
    withPresence((real) => ({
      enter(room, sessions, ttl) {
        const pages = sessions.map((one) => now(real.enter(room, [one], ttl)))
        const members = pages.flatMap((page) => page.members)
        return { epoch: '', revision: 0, ...pages.at(-1), members }
      },
    })),
  ],
  [
    'answers only the changes',
    'several sessions in one enter',
    withPresence((real) => ({
      enter(room, sessions, ttl) {
        const page = now(real.enter(room, sessions, ttl))
        return { ...page, members: page.members.filter(({ generation }) => generation === 1) }
      },
    })),
  ],
  [
    'reads, and then writes',
    'concurrent operations of two nodes happen one after the other',
    withPresence((real) => ({
      async enter(room, sessions, ttl) {
        const revision = now(real.members(room, null))?.revision ?? 0
        await null
        return { ...now(real.enter(room, sessions, ttl)), revision: revision + 1 }
      },
    })),
  ],
  [
    'hints at another revision before',
    'hints tell every node which sessions entered, changed and left, as the store has them',
    withHint(({ prev }) => ({ prev: prev - 1 })),
  ],
  [
    'never hints at a leave',
    'hints tell every node which sessions entered, changed and left, as the store has them',
    withHint(({ changes }) => (changes.some(({ member }) => member === null) ? null : {})),
  ],
  [
    'hints only at the node of the change',
    'hints tell every node which sessions entered, changed and left, as the store has them',
    withPresence((real) => {
      let own = false
      return {
        enter(room, sessions, ttl) {
          own = true
          const page = real.enter(room, sessions, ttl)
          own = false
          return page
        },
        watch: (room, listener) => real.watch(room, (hint) => (own ? listener(hint) : undefined)),
      }
    }),
  ],
  [
    'hints only at some',
    'a hint comes for every change',
    withHint((hint) => (hint.revision % 10 === 0 ? null : {})),
  ],
  [
    'hints at an operation without a change',
    'an operation without a change makes no hint',
    (real) => ({
      presence: {
        ...real.presence,
        enter(room, sessions, ttl) {
          const before = now(real.presence.members(room, null))?.revision
          const page = now(real.presence.enter(room, sessions, ttl))
          const hint = { ...page, prev: page.revision, changes: [] }
          if (page.revision === before) void real.publish(`again ${room}`, JSON.stringify(hint))
          return page
        },
        watch(room, listener) {
          real.subscribe(`again ${room}`, (text) => listener(JSON.parse(text) as PresenceHint))
          return real.presence.watch(room, listener)
        },
      },
    }),
  ],
  [
    'counts anew in an empty room',
    'revisions grow',
    (real, store) => {
      const bases = new Map<string, number>()
      const fault = withAnswer((room, { revision }) => {
        if (now(store.presence.members(room, null))?.members.length === 0) bases.set(room, revision)
        return { revision: revision - (bases.get(room) ?? 0) }
      })
      return fault(real, store)
    },
  ],
  [
    'goes on after the undo',
    'listeners of a room',
    withPresence((real) => ({
      watch(room, listener) {
        real.watch(room, listener)
        return () => {}
      },
    })),
  ],
  [
    'listens on when it is closed',
    'a closed node gets no hints, and its sessions stay for their lease',
    () => ({ async close() {} }),
  ],
  [
    'removes its sessions when it closes',
    'a closed node gets no hints, and its sessions stay for their lease',
    (real) => ({
      async close() {
        await real.presence.lease('node2', { ttl: 0, keep: 0 })
        await real.close()
      },
    }),
  ],
  ['does not tell upper case from lower', 'names are data', withNames((room) => room.toLowerCase())],
  ['normalises names', 'names are data', withNames((room) => room.normalize())],
  ['cuts long names', 'names are data', withNames((room) => room.slice(0, 250))],
  ['writes names into a path', 'names are data', withNames((room) => room.replace('\\', '/'))],
  [
    'has sessions as keys of an object',
    'names are data',
    withNames(
      (room) => room,
      (session) => (session in {} ? `[${session}]` : session),
    ),
  ],
  [
    'joins the names of a room and a session carelessly',
    'names are data',
    withMemory((room, session) => `${room}:${session}`),
  ],
  [
    'shares everything between clusters',
    'two clusters',
    withPresence((real) => {
      everyone ??= real
      return everyone
    }),
  ],
  [
    'never ends a lease',
    'when the lease of a node runs out, its sessions leave; the sessions of a node that renews stay',
    withLeases((_end, ttl, _entering, at) => at + ttl * 1_000),
  ],
  [
    'renews no lease',
    'when the lease of a node runs out, its sessions leave; the sessions of a node that renews stay',
    withLeases((end, ttl, entering, at) => (entering ? at + ttl : (end ?? at))),
  ],
  [
    'gives no new lease to a node whose lease has run out',
    'an enter gives a lease to a node that has none, also to a node whose lease has run out',
    withLeases((end, ttl, entering, at) => (entering ? (end ?? at + ttl) : at + ttl)),
  ],
  [
    'notices the end of a lease only in rooms that are looked at',
    'the watchers of a room that no node looks at hear',
    withPresence((real, store) => {
      const ends = new Map<string, number>()
      const expire = (room: string): void => {
        for (const { node, session, generation } of now(real.members(room, null))?.members ?? [])
          if ((ends.get(node) ?? 0) < store.runtime.now()) now(real.leave(room, session, generation, 0))
      }
      const renew = (node: string, ttl: number): void => {
        ends.set(node, store.runtime.now() + ttl)
      }
      return {
        lease: (node, { ttl }) => renew(node, ttl),
        enter(room, sessions, lease) {
          for (const { node } of sessions) renew(node, lease.ttl)
          return real.enter(room, sessions, { ...lease, ttl: 1e9 })
        },
        members(room, known) {
          expire(room)
          return real.members(room, known)
        },
      }
    }),
  ],
  [
    'changes the order of its calls',
    'the calls of a node on a room take effect in their order',
    withPresence((real) => {
      let held: (() => void) | null = null
      return {
        enter(room, sessions, lease) {
          held?.()
          return new Promise((resolve) => {
            const run = (): void => {
              held = null
              resolve(real.enter(room, sessions, lease))
            }
            held = run
            queueMicrotask(() => held === run && run())
          })
        },
      }
    }),
  ],
  [
    'cuts large rooms',
    'a room has 3000 members',
    withPresence((real) => ({
      members(room, known) {
        const page = now(real.members(room, known))
        return page === null ? null : { ...page, members: page.members.slice(0, 1_000) }
      },
    })),
  ],
  [
    'writes states anew',
    'an enter without a state keeps the state, and an enter with a state replaces it unchanged',
    withEntering(({ state, ...rest }) =>
      state === undefined ? rest : { ...rest, state: JSON.stringify(JSON.parse(state)) },
    ),
  ],
  [
    'sends no hint of a leave by a lease',
    'when the lease of a node runs out, the other nodes get hints of its sessions that left',
    withHint(({ changes }) => (changes.some(({ member }) => member === null) ? null : {})),
  ],
  [
    'never shortens a lease',
    'a lease counts from',
    withLeases((end, ttl, _entering, at) => Math.max(end ?? 0, at + ttl)),
  ],
  [
    'leaves a session with the node it began at',
    'a session that went on',
    withPresence((real) => ({
      enter: (room, sessions, ttl) =>
        real.enter(
          room,
          sessions.map((one) => ({ ...one, node: find(real, room, one.session)?.node ?? one.node })),
          ttl,
        ),
    })),
  ],
  [
    'hides sessions whose lease has run out',
    'a session that left by a lease may enter again, and the revision keeps growing',
    withPresence((real, store) => {
      let end = 0
      return {
        enter(room, sessions, { ttl, keep }) {
          end = store.runtime.now() + ttl
          return real.enter(room, sessions, { ttl: ttl * 1_000, keep })
        },
        members(room, known) {
          const page = now(real.members(room, known))
          return page === null || end > store.runtime.now() ? page : { ...page, members: [] }
        },
      }
    }),
  ],
  [
    'forgets the states of sessions whose lease has run out',
    'the states of sessions that left by a lease are remembered for the time that the lease gives',
    withPresence((real) => ({
      enter: (room, sessions, { ttl }) => real.enter(room, sessions, { ttl, keep: 0 }),
    })),
  ],
  [
    'remembers for ever the states of sessions whose lease has run out',
    'the states of sessions that left by a lease are remembered for the time that the lease gives',
    withPresence((real) => ({
      enter: (room, sessions, { ttl }) => real.enter(room, sessions, { ttl, keep: 1e9 }),
    })),
  ],
  [
    'keeps its epoch when it has lost everything',
    'a store that has lost',
    withAnswer(() => ({ epoch: 'e' })),
  ],
]

describe('the conformance suite catches a backplane whose presence', () => {
  it.each(faults)('%s', async (_fault, only, fault) => {
    expect(await fails(() => ({}), `presence: ${only}`)).toBe(false)
    expect(await fails(fault, `presence: ${only}`)).toBe(true)
  })

  const outOfReach = 'presence: out of reach'

  it('makes up answers when its store is out of reach', async () => {
    expect(await fails(() => ({}), outOfReach, 1)).toBe(false)
    const local: Fault = (_, store) => ({ presence: new MemoryBackplane(store).presence })
    expect(await fails(local, outOfReach, 1)).toBe(true)
  })

  it('fails in any of the promised ways', () => {
    const caught = [...faults.map(([, only]) => `presence: ${only}`), outOfReach]
    for (const name of caseNames().filter((each) => each.startsWith('presence:')))
      expect(
        caught.some((only) => name.startsWith(only)),
        name,
      ).toBe(true)
  })
})
