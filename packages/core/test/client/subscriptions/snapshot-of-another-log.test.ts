import type { Position } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play, replay, type Stage } from '../../support/fake-hub.ts'
import { gone, inRoom, lose, position, type Question } from '../../support/snapshot-hook.ts'

/** Lets the hub refuse positions, by their offset, and continue from the others. Returns the offered positions. */
function refuse(stage: Stage, reasons: Readonly<Record<number, string>>): Position[] {
  const offered: Position[] = []
  stage.hub.script['join'] = (connection, [, ref, , options]) => {
    const { since } = options as { since: Position }
    offered.push(since)
    const reason = reasons[since[1]]
    connection.write(['ok', ref, reason === undefined ? replay(since, 40) : gone(40, reason)])
  }
  return offered
}

/** Answers the hook with a state that was saved with its position. */
async function answerTwice(stage: Stage, last: () => Question): Promise<void> {
  for (let i = 0; i < 2; i++) {
    last().answer({ state: 'saved', position: position(20) })
    await stage.settle()
  }
}

describe.each(['epoch', 'absent', 'diverged'])('a snapshot whose position is %s to the log', (reason) => {
  test('is asked for again at once, because it may be older than the log', () =>
    play(async (stage) => {
      const { client, said, questions, last } = await inRoom(stage)
      lose(stage, 30)
      await stage.settle()
      refuse(stage, { 20: reason })
      last().answer({ state: 'old', position: position(20) })
      await stage.settle()
      expect(questions.map(({ gap }) => gap?.reason)).toEqual(['trimmed', reason])
      last().answer({ state: 'fresh', position: position(35) })
      await stage.settle()
      expect(said).toEqual(['trimmed', { address: '#a', state: 'fresh', position: position(35) }])
      expect(client.said.errors).toEqual([])
    }))

  test('is taken, and every message of the log follows', () =>
    play(async (stage) => {
      const { client, said, questions, last } = await inRoom(stage)
      lose(stage, 30)
      await stage.settle()
      const offered = refuse(stage, { 20: reason })
      await answerTwice(stage, last)
      expect(offered).toEqual([position(20), position(20), position(0)])
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      expect(said).toEqual(['trimmed', { address: '#a', state: 'saved', position: position(0) }, 1])
      expect([questions.length, client.said.errors]).toEqual([2, []])
    }))

  test('is taken for all up to the call of the hook, when the log has lost its first messages', () =>
    play(async (stage) => {
      const { client, said, questions, last } = await inRoom(stage)
      lose(stage, 30)
      await stage.settle()
      const offered = refuse(stage, { 20: reason, 0: 'trimmed' })
      await answerTwice(stage, last)
      expect(offered).toEqual([position(20), position(20), position(0), position(40)])
      stage.hub.at().write(msg('#a', 41))
      await stage.settle()
      expect(said).toEqual(['trimmed', { address: '#a', state: 'saved', position: position(40) }, 41])
      expect([questions.length, client.said.errors]).toEqual([2, []])
    }))

  test('is asked for again after a delay when the log was lost a second time, and then taken', () =>
    play(async (stage) => {
      const { client, said, questions, last } = await inRoom(stage)
      lose(stage, 30)
      await stage.settle()
      refuse(stage, { 20: reason, 0: 'trimmed', 40: 'epoch' })
      await answerTwice(stage, last)
      const text = expect.stringContaining('read hub.to(…).position() before the state')
      expect(client.said.errors).toMatchObject([{ error: { code: 'conflict', message: text } }])
      expect(questions).toHaveLength(2)
      refuse(stage, { 20: reason })
      await stage.advance(700)
      await answerTwice(stage, last)
      expect(said.at(-1)).toEqual({ address: '#a', state: 'saved', position: position(0) })
    }))
})
