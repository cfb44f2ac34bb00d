import { inspect } from 'node:util'
import { Client, handleAsk, keepPositions, type PositionStorage, watchPresence } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play, type Stage } from '../support/fake-hub.ts'
import { unreadableErrors } from '../support/unreadable-errors.ts'

/** Takes any function for a callback: an application in JavaScript can give it. */
const callback = (value: unknown): never => value as never

/** Adds a client whose errors are written as Node's console does it. */
function consoleClient(stage: Stage, options: object = {}) {
  const written: string[] = []
  const report = (text: string, error: unknown): void => void written.push(`${text} ${inspect(error)}`)
  const client = new Client({ dial: stage.dial, runtime: { ...stage.runtime, report }, ...options })
  stage.clients.push(client)
  return { client, written }
}

const errors = [['an error', () => new Error('broken')], ...unreadableErrors] as const

describe.each(errors)('SEC-11: an application of a page that fails with %s', (_, make) => {
  const throws = (): never => {
    throw make()
  }
  const rejects = (): Promise<never> => Promise.reject(make())

  test.each([throws, rejects])('in a listener and a handler of asks is told, and stays connected', (fail) =>
    play(async (stage) => {
      const { client, written } = consoleClient(stage)
      client.join('#a').on('say', fail)
      client.on('$status', fail)
      handleAsk(client, 'confirm', fail)
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), ['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toEqual([['refuse', 1, 'internal', expect.any(String)]])
      expect(client.status).toBe('connected')
      for (const source of ['#a say', '$status', 'confirm']) expect(written.join()).toContain(source)
    }),
  )

  test.each([throws, rejects])('in the view of presence is told', (fail) =>
    play(async (stage) => {
      stage.hub.script['who'] = (connection, [, ref]) =>
        connection.write(['ok', ref, { version: 1, count: 1, members: [['s1', 'bob', null]], more: false }])
      const { client, written } = consoleClient(stage)
      const presence = watchPresence(client.join('#a'), { onChange: fail })
      await stage.settle()
      expect(presence.count).toBe(1)
      expect(written.join()).toContain('#a presence')
    }),
  )

  test.each<[Partial<PositionStorage>, told: number]>([
    [{ read: throws }, 1],
    [{ read: callback(rejects) }, 1],
    [{ write: throws }, 1],
    [{ write: callback(rejects) }, 1],
    [{ beforeEnd: throws }, 1],
    [{ beforeEnd: callback(rejects) }, 1],
    // A client that is closed writes no errors any more.
    [{ beforeEnd: () => throws }, 0],
  ])('in the storage of positions (%#) is told once, and the client closes', (broken, told) =>
    play(async (stage) => {
      const storage = { read: () => null, write() {}, ...broken }
      const { client, written } = consoleClient(stage, { positions: keepPositions(storage) })
      client.join('#a').on('say', () => {})
      await stage.settle()
      stage.hub.at().write(msg('#a', 1))
      await stage.advance(2_000)
      client.close()
      await stage.settle()
      expect(client.status).toBe('closed')
      expect(written).toHaveLength(told)
    }),
  )

  test('in its dialer goes on dialling', () =>
    play(async (stage) => {
      let dials = 0
      const dial = (): Promise<never> => {
        dials++
        return rejects()
      }
      const { client } = consoleClient(stage, { dial })
      await stage.advance(10_000)
      expect(client.status).toBe('reconnecting')
      expect(dials).toBeGreaterThan(2)
    }))

  test('at the end of the environment is told, and the client closes', () =>
    play(async (stage) => {
      for (const environment of [() => throws, () => callback(rejects), callback(rejects)]) {
        const { client } = consoleClient(stage, { environment })
        await stage.settle()
        client.close()
        await stage.settle()
        expect(client.status).toBe('closed')
      }
    }))
})
