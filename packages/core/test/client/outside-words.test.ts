import { inspect } from 'node:util'
import { Client } from '@chat/core'
import { expect, test } from 'vitest'
import { play } from '../support/fake-hub.ts'

/** Line ends, colours, a bell, a change of the writing direction, half of a character, and 64 KB. */
const hostile = `fake line \u001b[31mred\u0007\r\nroot: fake line\u0085\u2028\u2029\u202e\u2066\u009b2J\ud800${'x'.repeat(65_536)}`
const unclean = /[\p{Control}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** Expects an error that fits into a line of a log, of a bounded length. */
function expectClean(error: unknown): void {
  const { code, message } = error as { readonly code: string; readonly message: string }
  expect(`${code} ${message}`).not.toMatch(unclean)
  expect(code.length).toBeLessThanOrEqual(64)
  expect(message.length).toBeLessThanOrEqual(1_100)
  expect(message).toContain('fake line')
}

test('SEC-16: the words of a hub reach a page without control characters, and bounded', () =>
  play(async (stage) => {
    stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, hostile, hostile])
    stage.hub.script['send'] = (connection, [, ref]) =>
      connection.write(['err', ref, 'shop/sold_out', hostile])
    const client = await stage.connected()
    const refused = stage.watch(client.join('#a').ready)
    const send = stage.watch(client.to('#b').send('say', 1))
    await stage.settle()
    expectClean(refused.error)
    expectClean(send.error)
    stage.hub.script['join'] = (connection, [, ref, address]) =>
      connection.write(['ok', ref, stage.hub.stream(address as string)])
    const left: unknown[] = []
    client.join('#c').on('$leave', ({ error }) => left.push(error))
    await stage.settle()
    stage.hub.at().write(['left', '#c', 'forbidden', hostile])
    await stage.settle()
    expectClean(left[0])
    stage.hub.at().close(4513, hostile.slice(0, 60))
    await stage.settle()
    expectClean(client.said.status.at(-1)?.error)
  }))

test('SEC-16: names that others choose break no line of the console', () =>
  play(async (stage) => {
    const written: string[] = []
    const runtime = {
      ...stage.runtime,
      report: (text: string, error: unknown) => void written.push(text, inspect(error).split('\n')[0] ?? ''),
    }
    const client = new Client({ dial: stage.dial, runtime })
    stage.clients.push(client)
    const name = 'a\u2028\u202eb'
    client.join(`#${name}`).on(name, () => {
      throw new Error('broken')
    })
    await stage.settle()
    stage.hub.at().write(['msg', `#${name}`, 1, name, 1, 'bob', 'm1', 1])
    await stage.settle()
    expect(written).toHaveLength(2)
    expect(written.join(' ')).not.toMatch(unclean)
  }))
