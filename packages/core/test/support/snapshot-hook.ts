import type { Position, Room, Snapshot, SnapshotRequest, Untyped } from '@chat/core'
import { expect } from 'vitest'
import { live, type RawFrame, replay, type Stage } from './fake-hub.ts'

/** One question to a hook, which the test answers. */
export interface Question extends SnapshotRequest {
  readonly at: number
  answer(snapshot: Snapshot | null): void
  fail(error: unknown): void
}

export const place = (at: number, epoch = 'e1'): Position => [epoch, at, at === 0 ? null : `m${at}`]

/** What a hub answers that has lost what one asks for. */
export const gone = (at: number, reason: string, epoch = 'e1') => ({
  ...live(at, epoch),
  mode: 'gap',
  reason,
})

/** A hook that records what it is asked, and lets a test answer. */
export function hooked(stage: Stage) {
  const questions: Question[] = []
  const hook = (request: SnapshotRequest): Promise<Snapshot | null> =>
    new Promise((resolve, reject) => {
      questions.push({ ...request, at: stage.time.now, answer: resolve, fail: reject })
    })
  const last = (): Question => {
    const question = questions.at(-1)
    if (question === undefined) throw new Error('the hook was not asked')
    return question
  }
  return { hook, questions, last }
}

/** What a room hands out, in its order. */
export function listen(room: Room<Untyped>): unknown[] {
  const said: unknown[] = []
  room.on('$gap', ({ reason }) => said.push(reason))
  room.on('$snapshot', (snapshot) => said.push(snapshot))
  room.on('say', (data) => said.push(data))
  return said
}

/** The hub can go on from any place, up to a top. */
export function answerJoins(stage: Stage, top: number): void {
  stage.hub.script['join'] = (connection, [, ref, , options]) => {
    const since = (options as { since?: Position } | undefined)?.since
    connection.write(['ok', ref, since === undefined ? live(top) : replay(since, top)])
  }
}

/** A room that was joined at 5 with the state of then. */
export async function inRoom(stage: Stage) {
  answerJoins(stage, 5)
  const client = await stage.connected()
  const { hook, questions, last } = hooked(stage)
  const room = client.join('#a', { snapshot: hook })
  const said = listen(room)
  await stage.settle()
  last().answer({ state: 'first', position: place(5) })
  await stage.settle()
  expect(said.splice(0)).toEqual([{ address: '#a', state: 'first', position: place(5) }])
  questions.length = 0
  const joins = (): readonly RawFrame[] => stage.hub.at().of('join').slice(2)
  return { client, room, said, questions, last, joins }
}

export const lose = (stage: Stage, at = 30): void => stage.hub.at().write(['gap', '#a', 'trimmed', place(at)])
