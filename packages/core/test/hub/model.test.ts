import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RawClient } from '../support/raw-client.ts'
import { type BackplanePath, outcome, paths, stage } from '../support/stage.ts'

const rooms = ['#a', '#b']
const names = ['alice', 'bob']

/** The next step of a client. */
type Step =
  | { readonly does: 'join' | 'leave' | 'read' | 'cast'; readonly who: number; readonly room: number }
  | { readonly does: 'send'; readonly who: number; readonly room: number; readonly data: number }
  /** Repeats the last send of a client, with the same or with other data. */
  | { readonly does: 'repeat'; readonly who: number; readonly other: boolean }
  /** Resumes the session on another connection. */
  | { readonly does: 'resume'; readonly who: number }

const who = fc.nat(names.length - 1)
const room = fc.nat(rooms.length - 1)
const steps = fc.array(
  fc.oneof(
    fc.record({
      does: fc.constantFrom('join' as const, 'leave' as const, 'read' as const, 'cast' as const),
      who,
      room,
    }),
    fc.record({ does: fc.constant('send' as const), who, room, data: fc.nat() }),
    fc.record({ does: fc.constant('repeat' as const), who, other: fc.boolean() }),
    fc.record({ does: fc.constant('resume' as const), who }),
  ) as fc.Arbitrary<Step>,
  { maxLength: 40 },
)

/** The state that a hub needs, and no more. */
class Model {
  readonly logs = rooms.map((): number[] => [])
  readonly joined = names.map(() => new Set<number>())
  readonly heard = names.map(() => rooms.map((): unknown[] => []))
  readonly last = names.map((): { ref: number; room: number; data: number; at: number } | null => null)

  store(room: number, data: number): number {
    const at = (this.logs[room] as number[]).push(data)
    this.tell(room, data, null)
    return at
  }

  /** Delivers a message to every session that has joined, and a cast to all of them except its sender. */
  tell(room: number, data: unknown, except: number | null): void {
    for (const [each, joined] of this.joined.entries())
      if (joined.has(room) && each !== except) this.heard[each]?.[room]?.push(data)
  }
}

async function play(path: BackplanePath, sequence: readonly Step[]): Promise<void> {
  const s = stage({ path, limits: { rate: 10_000, burst: 10_000, resumeRate: 1_000, resumeBurst: 1_000 } })
  const clients: RawClient[] = []
  for (const name of names) clients.push(await s.client(name))
  const model = new Model()
  const refs = names.map(() => 0)
  const heard = names.map(() => rooms.map((): unknown[] => []))
  const listen = (each: number): void => {
    for (const frame of (clients[each] as RawClient).news())
      if (frame[0] === 'msg' || frame[0] === 'cast')
        heard[each]?.[rooms.indexOf(frame[1] as string)]?.push(frame[frame[0] === 'msg' ? 4 : 3])
  }
  for (const step of sequence) {
    const client = clients[step.who] as RawClient
    const next = (): number => (refs[step.who] = (refs[step.who] ?? 0) + 1)
    const address = 'room' in step ? (rooms[step.room] as string) : ''
    switch (step.does) {
      case 'join': {
        const answer = await client.call(['join', next(), address])
        const top = (model.logs[step.room] as number[]).length
        expect(answer).toMatchObject({ ok: true, result: { mode: 'live', at: top, top } })
        model.joined[step.who]?.add(step.room)
        break
      }
      case 'leave':
        expect(outcome(await client.call(['leave', next(), address]))).toBe('ok')
        model.joined[step.who]?.delete(step.room)
        break
      case 'read': {
        const answer = await client.call(['read', next(), address, { after: 0, limit: 1_000 }])
        const { messages } = (answer.ok ? answer.result : {}) as { messages: unknown[][] }
        expect(messages.map((frame) => frame[4])).toEqual(model.logs[step.room])
        break
      }
      case 'cast':
        await client.say(['cast', address, 'say', `cast of ${step.who}`])
        model.tell(step.room, `cast of ${step.who}`, step.who)
        break
      case 'send': {
        const ref = next()
        const answer = await client.call(['send', ref, address, 'say', step.data])
        const at = model.store(step.room, step.data)
        expect(answer).toMatchObject({ ok: true, result: { at, id: `${client.id}.${ref}` } })
        model.last[step.who] = { ref, room: step.room, data: step.data, at }
        break
      }
      case 'repeat': {
        const last = model.last[step.who]
        if (last === null || last === undefined) break
        const data = step.other ? last.data + 1 : last.data
        const answer = await client.call(['send', last.ref, rooms[last.room] as string, 'say', data])
        if (step.other) expect(outcome(answer)).toBe('conflict')
        else expect(answer).toMatchObject({ ok: true, result: { at: last.at, dup: true } })
        break
      }
      case 'resume': {
        listen(step.who)
        const again = await s.resume(client)
        await again.say(['pong'])
        expect(client.code).toBe(4509)
        clients[step.who] = again
        model.joined[step.who]?.clear()
        break
      }
    }
    for (const each of names.keys()) listen(each)
    expect(heard).toEqual(model.heard)
  }
  expect(s.errors).toEqual([])
  const members = rooms.map((_, at) => model.joined.filter((joined) => joined.has(at)).length)
  expect(rooms.map((address) => s.hub.rooms.get(address) ?? 0)).toEqual(members)
}

test.each(paths)(
  'FZ-03: the hub behaves like its model for any operations of two clients in any order, with a backplane that is %s',
  async (path) => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(path, sequence)),
      { numRuns: 150 },
    )
  },
)
