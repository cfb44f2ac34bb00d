import { ChatError, contract, handleAsk, UsageError } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { play } from '../../support/fake-hub.ts'

describe('an ask', () => {
  test.each([
    ['a value', () => ({ yes: true }), { yes: true }],
    ['a promise', async () => [1], [1]],
    ['nothing', () => undefined, null],
  ])('is answered with the result of its handler: %s', (_, handler, answer) =>
    play(async (stage) => {
      const client = await stage.connected()
      const heard: unknown[] = []
      handleAsk(client, 'confirm', (input) => {
        heard.push(input)
        return handler()
      })
      stage.hub.at().write(['ask', 7, 'confirm', { question: '?' }])
      await stage.settle()
      expect(heard).toEqual([{ question: '?' }])
      expect(stage.hub.at().of('reply')).toEqual([['reply', 7, answer]])
    }),
  )

  test('has one handler: a second is refused until the first is removed', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const undo = handleAsk(client, 'confirm', () => 1)
      expect(() => handleAsk(client, 'confirm', () => 2)).toThrow(
        "unable to handle 'confirm': it has a handler already",
      )
      undo()
      handleAsk(client, 'confirm', () => 2)
      undo()
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([['reply', 1, 2]])
    }))

  test('is not for listeners: `on` and `handle` of one name exclude each other', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const undo = handleAsk(client, 'confirm', () => 1)
      expect(() => client.on('confirm', () => 2)).toThrow("use handleAsk(client, 'confirm', …)")
      undo()
      const off = client.on('confirm', () => 2)
      expect(() => handleAsk(client, 'confirm', () => 1)).toThrow(
        "unable to handle 'confirm': it has listeners",
      )
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'not_found', expect.any(String)]])
      off()
      handleAsk(client, 'confirm', () => 1)
    }))

  test('of a contract has no listeners, and a name that is no ask of it has no handler', () =>
    play(async (stage) => {
      const confirm = { input: z.string(), output: z.boolean() }
      const definition = contract({ events: { say: z.string() }, asks: { confirm } })
      const client = await stage.connected({ contract: definition } as object)
      expect(() => client.on('confirm', () => {})).toThrow("unable to listen to 'confirm': it is an ask")
      expect(() => handleAsk(client, 'say', () => true)).toThrow(
        "unable to handle 'say': it is not among the contract's asks",
      )
    }))

  test('cannot be named like an own event, and its handler is a function', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => handleAsk(client, '$status', () => 1)).toThrow(UsageError)
      expect(() => handleAsk(client, '', () => 1)).toThrow(UsageError)
      expect(() => handleAsk(client, 'confirm', 'yes' as never)).toThrow(
        'unable to handle \'confirm\': the handler must be a function, but is "yes"',
      )
    }))

  test('without a handler is refused as `not_found`', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'not_found', expect.any(String)]])
    }))

  test('whose handler throws a ChatError is refused with its code', () =>
    play(async (stage) => {
      const client = await stage.connected()
      handleAsk(client, 'confirm', () => {
        throw new ChatError('ui/busy', 'a dialog is open')
      })
      handleAsk(client, 'later', () => Promise.reject(new ChatError('unavailable', 'later')))
      stage.hub.at().write(['ask', 1, 'confirm', null], ['ask', 2, 'later', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toEqual([
        ['refuse', 1, 'ui/busy', 'a dialog is open'],
        ['refuse', 2, 'unavailable', 'later'],
      ])
      expect(client.said.errors).toEqual([])
    }))

  test.each([
    ['something else', () => Promise.reject(new Error('password is 1234'))],
    ['a code that is none of the wire’s', () => Promise.reject(new ChatError('closed', 'password is 1234'))],
    ['what has no JSON form', () => 1n],
  ])('whose handler fails with %s is refused as `internal`, and reported here', (_, handler) =>
    play(async (stage) => {
      const client = await stage.connected()
      handleAsk(client, 'confirm', handler)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'internal', expect.any(String)]])
      expect(JSON.stringify(stage.hub.at().frames)).not.toContain('1234')
      expect(client.said.errors).toMatchObject([{ subject: 'confirm' }])
    }),
  )

  test('whose answer is larger than a frame may be is refused, and the connection lives', () =>
    play(async (stage) => {
      const client = await stage.connected()
      handleAsk(client, 'dump', () => 'x'.repeat(70_000))
      handleAsk(client, 'fail', () => Promise.reject(new ChatError('app/long', 'x'.repeat(70_000))))
      stage.hub.at().write(['ask', 1, 'dump', null], ['ask', 2, 'fail', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([
        ['refuse', 1, 'too_large', expect.any(String)],
        ['refuse', 2, 'too_large', expect.any(String)],
      ])
      expect(client.said.errors).toMatchObject([{ subject: 'dump' }, { subject: 'fail' }])
    }))

  test('is answered on its own connection or not at all, and its signal aborts with that connection', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const signals: AbortSignal[] = []
      let answer = (_: unknown): void => {}
      handleAsk(client, 'confirm', (_, { signal, event }) => {
        expect(event).toBe('confirm')
        signals.push(signal)
        return new Promise((resolve) => {
          answer = resolve
        })
      })
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(signals[0]?.aborted).toBe(false)
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(signals[0]?.aborted).toBe(true)
      answer('late')
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([])
    }))

  test('arrives through a real hub, at a single client and at all clients', () =>
    world({ seed: 5 }, async (w) => {
      const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
      handleAsk(await w.client(hub, 'bob'), 'where', () => 'desk')
      handleAsk(await w.client(hub, 'bob'), 'where', () => {
        throw new ChatError('app/hidden', 'no')
      })
      const { replies, refused } = await hub.to('@bob').askAll('where', null)
      expect(replies.map(({ answer }) => answer)).toEqual(['desk'])
      expect(refused).toHaveLength(1)
      await expect(hub.to('@bob').ask('where', null)).resolves.toBe('desk')
    }))
})
