import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseClientFrame } from '../../src/protocol/client-frames.ts'
import { parseHubFrame } from '../../src/protocol/hub-frames.ts'
import { ProtocolError } from '../../src/protocol/protocol-error.ts'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'
import { stage } from '../support/stage.ts'
import { vectors } from '../support/vectors.ts'

const seeds = ['client-frames', 'hub-frames'].flatMap((file) =>
  vectors<{ text: string }>(file).map(({ text }) => text),
)

/** A frame of the vectors in which something is cut out, doubled, or replaced by something else. */
const mutated = fc
  .record({
    text: fc.constantFrom(...seeds),
    from: fc.nat(200),
    length: fc.nat(20),
    by: fc.oneof(
      fc.string({ maxLength: 10, unit: 'binary' }),
      fc.constantFrom('[', ']', '{', '}', '"', ',', '\\', '\u0000', '1e999', '-0', 'null', '\ud800', '[[[['),
      fc.constantFrom(...seeds),
    ),
  })
  .map(({ text, from, length, by }) => {
    const at = from % (text.length + 1)
    return text.slice(0, at) + by + text.slice(at + length)
  })

const lines = fc.oneof(
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 2, arbitrary: fc.array(fc.jsonValue(), { maxLength: 6 }).map((frame) => JSON.stringify(frame)) },
)

/** Whether it is understood; anything thrown but a protocol error fails the test. */
function parses(parse: (line: string) => unknown, line: string): boolean {
  try {
    parse(line)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return false
  }
}

describe('random and mutated lines', () => {
  test.each([
    ['of a client', parseClientFrame],
    ['of a hub', parseHubFrame],
  ])('FZ-01: %s are frames or break the protocol, and nothing else', (_, parse) => {
    let understood = 0
    fc.assert(
      fc.property(lines, (line) => {
        if (parses(parse, line)) understood++
      }),
      { numRuns: 5_000 },
    )
    // Both happen, or the fuzzing looks at nothing.
    expect(understood).toBeGreaterThan(100)
    expect(understood).toBeLessThan(4_900)
  })

  test('FZ-01: a hub answers or closes with a code of the protocol, and lives', async () => {
    const s = stage()
    const codes = new Set<number | null>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (each, welcomed) => {
          const connection = new ScriptedConnection()
          s.hub.accept(connection, nobody)
          if (welcomed) connection.deliver('["hello",{"v":[1,1],"token":"alice"}]')
          connection.deliver(each.join('\n'))
          await s.settle()
          codes.add(connection.closedWith?.code ?? null)
          connection.lose()
        },
      ),
      { numRuns: 1_000 },
    )
    for (const code of codes) expect([null, 4502, 4506, 4514, 4501, 4013]).toContain(code)
    expect(s.errors.filter(({ error }) => !(error instanceof ProtocolError))).toEqual([])
    const alice = await s.client('alice')
    expect(await alice.request('send', '#a', 'say', 'hi')).toMatchObject({ ok: true })
  })

  test.each([
    ['many elements', (size: number) => `["x"${',1'.repeat(size / 2)}]`],
    ['a long number', (size: number) => `["x",${'9'.repeat(size)}]`],
    ['a long text of escapes', (size: number) => `["x","${'\\u0000'.repeat(size / 6)}"]`],
    ['open brackets', (size: number) => '['.repeat(size)],
    ['empty lines', (size: number) => '\r'.repeat(size)],
    [
      'many keys',
      (size: number) => `["hello",{${Array.from({ length: size / 10 }, (_, i) => `"${i}":0`).join(',')}}]`,
    ],
  ])('FZ-01: a mebibyte of %s is a frame or a protocol error, like any other line', (_, make) => {
    parses(parseClientFrame, make(1024 * 1024))
  })
})
