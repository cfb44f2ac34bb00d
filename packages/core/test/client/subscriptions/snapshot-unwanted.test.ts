import type { Client, Room, Untyped } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play, type Stage } from '../../support/fake-hub.ts'
import { inRoom, lose, position } from '../../support/snapshot-hook.ts'

describe('a hook whose answer is no longer needed', () => {
  test.each<[string, (client: Client, room: Room<Untyped>, stage: Stage) => unknown]>([
    ['the room is left', (_, room) => room.leave()],
    ['the client is closed', (client) => client.close()],
    [
      'the hub takes the room away',
      (_c, _r, stage) => stage.hub.at().write(['left', '#a', 'forbidden', 'no']),
    ],
    [
      'the hub knows the client as another user now',
      async (_c, _r, stage) => {
        stage.hub.welcome = { user: 'bob', resumed: false }
        stage.hub.at().cut()
        await stage.advance(3_000)
      },
    ],
  ])('is aborted when %s, and a later answer is ignored', (_, happens) =>
    play(async (stage) => {
      const { client, room, said, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      await happens(client, room, stage)
      await stage.settle()
      expect(last().signal.aborted).toBe(true)
      const errors = client.said.errors.length
      const joins = stage.hub.at().of('join').length
      last().answer({ state: 's', position: position(20) })
      await stage.advance(30_000)
      expect(said).toEqual(['trimmed'])
      expect([questions.length, client.said.errors.length]).toEqual([1, errors])
      expect(stage.hub.at().of('join')).toHaveLength(joins)
    }),
  )

  test('and that fails then is not asked again', () =>
    play(async (stage) => {
      const { client, room, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      room.leave()
      last().fail(last().signal.reason)
      await stage.advance(30_000)
      expect([questions.length, client.said.errors]).toEqual([1, []])
    }))

  test('is not even asked when the room is left on hearing of the gap', () =>
    play(async (stage) => {
      const { room, questions } = await inRoom(stage)
      room.on('$gap', () => room.leave())
      lose(stage)
      await stage.settle()
      expect(questions).toEqual([])
    }))

  test('is not asked again when the room is left while it waits for another try; no timer is left (I13)', () =>
    play(async (stage) => {
      const { room, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      const { pending } = stage.time
      last().fail(new Error('down'))
      await stage.settle()
      expect(stage.time.pending).toBe(pending + 1)
      room.leave()
      await stage.settle()
      expect(stage.time.pending).toBe(pending)
      await stage.advance(30_000)
      expect(questions).toHaveLength(1)
    }))

  test('is not asked again when the room is left on hearing why', () =>
    play(async (stage) => {
      const { client, room, questions, last } = await inRoom(stage)
      client.on('$error', () => room.leave())
      lose(stage)
      await stage.settle()
      const { pending } = stage.time
      last().fail(new Error('down'))
      await stage.settle()
      expect(stage.time.pending).toBe(pending)
      await stage.advance(30_000)
      expect(questions).toHaveLength(1)
    }))
})
