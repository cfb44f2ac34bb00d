import { describe, expect, test } from 'vitest'
import { checkStart, parseHubFrame } from '../../src/protocol/hub-frames.ts'
import { ProtocolError } from '../../src/protocol/protocol-error.ts'
import { nobody, ScriptedConnection } from '../support/scripted-connection.ts'
import { stage } from '../support/stage.ts'

/** JSON texts, and what each of them is; the last two are none, and one that leaves the element and what follows it out. */
const texts = {
  null: 'null',
  true: 'true',
  string: '"x"',
  'an empty string': '""',
  'a string that looks like a number': '"1"',
  'a negative number': '-1',
  zero: '0',
  one: '1',
  'the greatest integer': '9007199254740991',
  '2^53': '9007199254740992',
  'a fraction': '1.5',
  'a number beyond a double': '1e999',
  'an empty list': '[]',
  'a list': '[1,2]',
  'an empty object': '{}',
  'an object that looks like a string': '{"toString":"x","length":1}',
  'what is no JSON': 'NaN',
  nothing: null,
} as const

type Text = keyof typeof texts

const strings: readonly Text[] = ['string', 'an empty string', 'a string that looks like a number']
const objects: readonly Text[] = ['an empty object', 'an object that looks like a string']
const counts: readonly Text[] = ['one', 'the greatest integer']
const integers: readonly Text[] = [...counts, 'zero', 'a negative number']
const anything = (Object.keys(texts) as Text[]).filter(
  (text) => text !== 'what is no JSON' && text !== 'nothing',
)

/** An element: one that is valid, and which of the texts are, too. */
type Element = readonly [name: string, valid: string, also: readonly Text[]]

const ref: Element = ['ref', '1', counts]
const address: Element = ['address', '"#a"', strings]
const event: Element = ['event', '"say"', strings]
const data: Element = ['data', '{"a":[1]}', anything]
const text = (name: string): Element => [name, '"x"', strings]
const optional = (name: string, valid: string, also: readonly Text[]): Element => [
  name,
  valid,
  [...also, 'nothing'],
]
const member = (
  key: string,
  values: readonly Text[],
  valid: string,
): readonly [string, readonly Text[], string] => [key, values, valid]

const clientFrames: Record<string, { elements: readonly Element[]; members?: ReturnType<typeof member>[] }> =
  {
    join: {
      elements: [ref, address, optional('options', '{}', objects)],
      members: [member('since', ['nothing'], '["e",1,"i"]'), member('state', [...anything, 'nothing'], '1')],
    },
    leave: { elements: [ref, address] },
    send: { elements: [ref, address, event, data, optional('meta', '{}', anything)] },
    cast: {
      elements: [address, event, data, optional('options', '{}', objects)],
      members: [
        member('key', [...strings, 'nothing'], '"k"'),
        member('meta', [...anything, 'nothing'], '{}'),
      ],
    },
    call: { elements: [ref, event, data, optional('meta', '{}', anything)] },
    cancel: { elements: [ref, ['target', '1', [...counts, ...strings]]] },
    reply: { elements: [['ask', '1', counts], data] },
    refuse: { elements: [['ask', '1', counts], text('code'), text('message')] },
    read: {
      elements: [ref, address, optional('options', '{}', objects)],
      members: [
        member('after', [...counts, 'zero', 'nothing'], '1'),
        member('before', [...counts, 'zero', 'nothing'], '1'),
        member('limit', [...counts, 'nothing'], '1'),
      ],
    },
    state: { elements: [ref, address, data] },
    who: {
      elements: [ref, address, optional('options', '{}', objects)],
      members: [
        member('after', [...strings, 'nothing'], '"s"'),
        member('limit', [...counts, 'nothing'], '1'),
      ],
    },
    auth: { elements: [ref, text('token')] },
    ping: { elements: [optional('t', '1', integers)] },
    pong: { elements: [optional('t', '1', integers)] },
  }

/** One frame for each text that can stand for an element, and whether the frame is valid. */
function* variants(
  type: string,
  elements: readonly Element[],
  index: number,
): Generator<[what: Text, line: string, valid: boolean]> {
  const own = elements[index] as Element
  for (const [what, json] of Object.entries(texts) as [Text, string | null][]) {
    const before = elements.slice(0, index).map(([, valid]) => valid)
    const after = json === null ? [] : elements.slice(index + 1).map(([, valid]) => valid)
    const line = `[${[JSON.stringify(type), ...before, ...(json === null ? [] : [json]), ...after].join(',')}]`
    yield [what, line, own[2].includes(what)]
  }
}

/** The same for a member of a frame's options, which are its last element. */
function* memberVariants(
  type: string,
  elements: readonly Element[],
  [key, values]: ReturnType<typeof member>,
): Generator<[what: Text, line: string, valid: boolean]> {
  const before = elements.slice(0, -1).map(([, valid]) => valid)
  for (const [what, json] of Object.entries(texts) as [Text, string | null][]) {
    const options = json === null ? '{}' : `{"${key}":${json}}`
    yield [what, `[${[JSON.stringify(type), ...before, options].join(',')}]`, values.includes(what)]
  }
}

/** What a hub does with one line, on a connection of its own. */
async function answered(line: string) {
  const s = stage({ authenticate: ({ token }) => (token ? { id: token } : null) })
  s.hub.handle('say', () => 'fine')
  const connection = new ScriptedConnection()
  s.hub.accept(connection, nobody)
  connection.deliver('["hello",{"v":[1,1],"token":"alice"}]')
  await s.settle()
  connection.sent.length = 0
  connection.deliver(line)
  await s.settle()
  const surprises = s.errors.filter(({ error }) => !(error instanceof ProtocolError))
  return { code: connection.closedWith?.code ?? null, frames: connection.frames, surprises }
}

/** One answer to the ref, if there is one: never that something failed inside. */
async function understood(line: string, ref: boolean): Promise<void> {
  const { code, frames, surprises } = await answered(line)
  expect([line, code, surprises]).toEqual([line, null, []])
  expect(JSON.stringify(frames)).not.toContain('"internal"')
  if (ref)
    expect([line, frames.filter(([type]) => type === 'ok' || type === 'err').length]).toEqual([line, 1])
}

async function broken(line: string): Promise<void> {
  const { code, frames, surprises } = await answered(line)
  expect([line, code, frames, surprises]).toEqual([line, 4502, [], []])
}

describe('every frame of a client', () => {
  for (const [type, { elements, members = [] }] of Object.entries(clientFrames)) {
    const withRef = elements[0]?.[0] === 'ref'
    for (const [index, [name]] of elements.entries())
      test(`U-01: ${type}: any value for its ${name} is understood, or closes with 4502`, async () => {
        for (const [, line, valid] of variants(type, elements, index))
          await (valid ? understood(line, withRef) : broken(line))
      })
    for (const each of members)
      test(`U-01: ${type}: any value for its option ${each[0]} is understood, or closes with 4502`, async () => {
        for (const [, line, valid] of memberVariants(type, elements, each))
          await (valid ? understood(line, withRef) : broken(line))
      })
    test(`U-01: ${type}: elements and options that are too many are ignored`, async () => {
      const valid = elements.map(([, json]) => json)
      const options = members.map(([key, , json]) => `"${key}":${json}`)
      if (members.length > 0)
        valid[valid.length - 1] = `{${[...options.slice(0, 1), '"later":[1e999]'].join(',')}}`
      await understood(`["${type}",${[...valid, 'null', '{"later":true}'].join(',')}]`, withRef)
    })
  }
})

const position: Element = ['position', '["e",1,"i"]', []]
const from: Element = ['from', '"bob"', [...strings, 'null']]

const hubFrames: Record<string, readonly Element[]> = {
  ok: [ref, optional('result', '{}', anything)],
  err: [ref, text('code'), text('message'), optional('extra', '{"retryAfter":1}', anything)],
  msg: [
    address,
    ['at', '7', counts],
    event,
    data,
    from,
    text('id'),
    ['time', '1767225600000', integers],
    optional('prev', '6', [...counts, 'zero', 'null']),
    optional('meta', '{}', [...objects, 'null']),
  ],
  cast: [
    address,
    event,
    data,
    from,
    optional('session', '"s"', anything),
    optional('key', '"k"', [...strings, 'null']),
    optional('meta', '{}', [...objects, 'null']),
  ],
  ask: [['ask', '1', counts], event, data, optional('meta', '{}', [...objects, 'null'])],
  cancel: [['target', '1', [...counts, ...strings]]],
  gap: [address, text('reason'), position],
  left: [address, text('code'), text('message')],
  bye: [['code', '4001', counts], text('message'), optional('extra', '{}', anything)],
  ping: [optional('t', '1', integers)],
  pong: [optional('t', '1', integers)],
}

/** Whether a client understands a line; anything thrown but a protocol error fails the test. */
function understands(line: string): boolean {
  try {
    parseHubFrame(line)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return false
  }
}

describe('every frame of a hub', () => {
  for (const [type, elements] of Object.entries(hubFrames))
    for (const [index, [name]] of elements.entries())
      test(`U-01: ${type}: any value for its ${name} is understood, or breaks the protocol`, () => {
        for (const [, line, valid] of variants(type, elements, index)) {
          // What is left out in the middle takes all that follows with it.
          const rest = elements.slice(index + 1).every(([, , also]) => also.includes('nothing'))
          const cut = line === variantWithout(type, elements, index)
          expect([line, understands(line)]).toEqual([line, valid && (!cut || rest)])
        }
      })

  const welcome: Record<string, string> = {
    session: '{"id":"s","secret":"x"}',
    user: '"alice"',
    resumed: 'false',
    node: '"n"',
    heartbeat: '25000',
    grace: '10000',
    limits:
      '{"frame":1,"transmission":1,"depth":1,"rooms":1,"inflight":1,"rate":0.5,"burst":1,"queue":1,"replay":1}',
    durability: '"node"',
    streams: '{}',
  }
  const also: Record<string, readonly Text[]> = {
    session: [],
    user: strings,
    resumed: [...anything, 'nothing'],
    node: strings,
    heartbeat: counts,
    grace: counts,
    limits: [],
    durability: strings,
    streams: objects.slice(0, 1),
  }
  const written = (parts: Record<string, string>): string =>
    `["welcome",{${Object.entries(parts)
      .map(([key, json]) => `"${key}":${json}`)
      .join(',')}}]`

  test.each(Object.keys(welcome))(
    'U-01: welcome: any value for its %s is understood, or breaks the protocol',
    (key) => {
      expect(understands(written(welcome))).toBe(true)
      for (const [what, json] of Object.entries(texts) as [Text, string | null][]) {
        const { [key]: _, ...others } = welcome
        const line = written(json === null ? others : { ...others, [key]: json })
        expect([line, understands(line)]).toEqual([line, also[key]?.includes(what)])
      }
    },
  )

  test.each(['frame', 'transmission', 'depth', 'rooms', 'inflight', 'rate', 'burst', 'queue', 'replay'])(
    'U-01: welcome: its limit %s is a number above 0',
    (name) => {
      const limits = JSON.parse(welcome['limits'] ?? '') as Record<string, number>
      for (const [what, json] of Object.entries(texts) as [Text, string | null][]) {
        const { [name]: _, ...others } = limits
        const head = JSON.stringify(others).slice(0, -1)
        const line = written({
          ...welcome,
          limits: json === null ? `${head}}` : `${head},"${name}":${json}}`,
        })
        const valid = [...counts, '2^53', 'a fraction'].includes(what)
        expect([line, understands(line)]).toEqual([line, valid])
      }
    },
  )

  test.each([
    ['epoch', strings.filter((what) => what !== 'an empty string')],
    ['at', counts],
    ['id', strings],
    ['top', [...counts, 'zero']],
    ['mode', strings],
    ['reason', [...strings, 'nothing']],
  ] as const)(
    'U-01: the answer to a join: any value for its %s is understood, or breaks the protocol',
    (key, valid) => {
      const answer: Record<string, unknown> = {
        epoch: 'e',
        at: 1,
        id: 'i',
        top: 1,
        mode: 'gap',
        reason: 'epoch',
      }
      for (const [what, json] of Object.entries(texts) as [Text, string | null][]) {
        if (what === 'what is no JSON') continue
        const { [key]: _, ...others } = answer
        const given = json === null ? others : { ...others, [key]: JSON.parse(json) as unknown }
        let fine = true
        try {
          checkStart(given)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
          fine = false
        }
        expect([key, what, fine]).toEqual([key, what, (valid as readonly Text[]).includes(what)])
      }
    },
  )
})

function variantWithout(type: string, elements: readonly Element[], index: number): string {
  return `[${[JSON.stringify(type), ...elements.slice(0, index).map(([, valid]) => valid)].join(',')}]`
}
