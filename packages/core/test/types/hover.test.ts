import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const file = join(import.meta.dirname, 'hovered.ts')
const members = (type: string): string =>
  Array.from({ length: 30 }, (_, i) => `event${i}: ${type}`).join('\n')

/** A program with a contract of 30 events, as validators and as an interface. `object` is a validator library. */
const program = `
import { Client, contract, Hub, type Raw, type Schema, watchPresence } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
declare const dial: Dialer
declare function object<In, Out>(): Schema<In, Out>
type Given = { text: string; count: number; at: string }
type Kept = { text: string; count: number; at: number }
const definition = contract({
  events: { ${members('object<Given, Kept>(),')} },
  calls: { rename: { input: object<Given, Kept>(), output: object<Given, Kept>() } },
  presence: object<Given, Kept>(),
})
type Definition = typeof definition
interface Chat extends Definition {}
declare const chat: Chat
const hub = new Hub({ contract: chat })
const target = hub.to('#a')
const client = new Client({ dial, contract: chat })
const untested = new Client<Chat>({ dial })
const room = client.join('#a')
const here = watchPresence(room)
const page = await room.history()
room.on('event1', (data, message) => {})
hub.on('event1', (heard, delivery) => {})
const stored = await room.send('event1', { text: 'hi', count: 1, at: '' })
room.on('$leave', (left) => {})
client.on('$error', (fault) => {})

interface Plain { events: { ${members('{ text: string; count: number }')} } }
const plainHub = new Hub<Plain>()
const plainClient = new Client<Plain>({ dial })
const plainRoom = plainClient.join('#a')

const inlineHub = new Hub({ contract: definition })
const inlineClient = new Client({ dial, contract: definition })
const inlineRoom = inlineClient.join('#a')
inlineRoom.on('event1', (inlineData) => {})
`

/** Returns the text that an editor shows for the first place of a name in the program. */
function shown(name: string): string {
  const at = program.search(
    new RegExp(`\\b${name}\\b(?= = (?:new|await|client|hub|watch|\\w+Client)|, |\\) =>)`),
  )
  const info = service.getQuickInfoAtPosition(file, at)
  return ts.displayPartsToString(info?.displayParts)
}

const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => '1',
  getScriptSnapshot(name) {
    const text = name === file ? program : ts.sys.readFile(name)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => root,
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
})

/** The compiler reads the types of core once, at the first text. */
const patience = { timeout: 120_000 }

describe('an editor shows in a line', patience, () => {
  test.each([
    ['hub', 'const hub: Hub<Chat, User>'],
    ['target', 'const target: HubTarget<Chat>'],
    ['client', 'const client: Client<Chat>'],
    ['untested', 'const untested: Client<RawTypes<Chat>>'],
    ['room', 'const room: Room<Chat, unknown>'],
    ['here', 'const here: Presence<PresenceState<Chat>, PresenceInput<Chat>>'],
    ['page', 'const page: HistoryPage<RedactedMessage | ClientMessage<Chat>>'],
    ['stored', 'const stored: Stored'],
    ['plainHub', 'const plainHub: Hub<Plain, User>'],
    ['plainClient', 'const plainClient: Client<Plain>'],
    ['plainRoom', 'const plainRoom: Room<Plain, unknown>'],
  ])('%s, of a contract of 30 events that has a name', (name, text) => {
    expect(shown(name)).toBe(text)
  })
})

test.each(['data', 'message', 'heard', 'delivery', 'left', 'fault', 'inlineData'])(
  '`%s`, the argument of a listener, is shown by its own members, in at most 100 characters',
  patience,
  (name) => {
    const text = shown(name)
    expect(text).toMatch(new RegExp(`^\\(parameter\\) ${name}: `))
    expect(text).not.toMatch(/event\d|Contract/)
    expect(text.length).toBeLessThanOrEqual(100)
  },
)

test.each(['inlineHub', 'inlineClient', 'inlineRoom'])(
  '`%s`, of a contract without a name, is cut off by the editor',
  patience,
  (name) => {
    const text = shown(name)
    expect(text).toMatch(/^const inline\w+: (?:Hub|Client|Room)<Contract</)
    expect(text.length).toBeLessThanOrEqual(1_100)
  },
)
