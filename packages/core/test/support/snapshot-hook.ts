import {
  type Position,
  type Room,
  restoreFrom,
  type Snapshot,
  type SnapshotRequest,
  type Untyped,
} from '@chat/core'
import { expect } from 'vitest'
import { live, type RawFrame, replay, type Stage } from './fake-hub.ts'

/** A call of a hook, which the test answers. */
export interface Question extends SnapshotRequest {
  readonly at: number
  answer(snapshot: Snapshot | null): void
  fail(error: unknown): void
}

export const position = (at: number, epoch = 'e1'): Position => [epoch, at, at === 0 ? null : `m${at}`]

/** Returns the answer of a hub that has lost the requested position. */
export const gone = (at: number, reason: string, epoch = 'e1') => ({
  ...live(at, epoch),
  mode: 'gap',
  reason,
})

/** Creates a hook that records its calls, and lets a test answer them. */
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

/** Records the events of a room, in their order. */
export function listen(room: Room<Untyped>): unknown[] {
  const said: unknown[] = []
  room.on('$gap', ({ reason }) => said.push(reason))
  room.on('$snapshot', (snapshot) => said.push(snapshot))
  room.on('say', (data) => said.push(data))
  return said
}

/** Lets the hub continue from any position, up to a top. */
export function answerJoins(stage: Stage, top: number): void {
  stage.hub.script['join'] = (connection, [, ref, , options]) => {
    const since = (options as { since?: Position } | undefined)?.since
    connection.write(['ok', ref, since === undefined ? live(top) : replay(since, top)])
  }
}

/** A room that was joined at 5, with the snapshot of that position. */
export async function inRoom(stage: Stage) {
  answerJoins(stage, 5)
  const client = await stage.connected()
  const { hook, questions, last } = hooked(stage)
  const room = client.join('#a', { snapshot: restoreFrom(hook) })
  const said = listen(room)
  await stage.settle()
  last().answer({ state: 'first', position: position(5) })
  await stage.settle()
  expect(said.splice(0)).toEqual([{ address: '#a', state: 'first', position: position(5) }])
  questions.length = 0
  const joins = (): readonly RawFrame[] => stage.hub.at().of('join').slice(2)
  return { client, room, said, questions, last, joins }
}

export const lose = (stage: Stage, at = 30): void =>
  stage.hub.at().write(['gap', '#a', 'trimmed', position(at)])
