import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const file = join(import.meta.dirname, 'mistaken.ts')

const setting = `
import { Client, contract, Hub, type Schema } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
declare const dial: Dialer
declare function object<In, Out = In>(): Schema<In, Out>
const chat = contract({
  events: { say: object<{ text: string }>(), edit: object<{ id: string }>(), typing: object<null>() },
  serverEvents: { notice: object<{ title: string }>() },
  streams: {},
  calls: { rename: { input: object<{ name: string }>(), output: object<{ ok: boolean }>() } },
  asks: { sure: { input: object<string>(), output: object<boolean>() } },
})
const client = new Client({ dial, contract: chat })
const room = client.join('#lobby')
const hub = new Hub({ contract: chat })
`

/** Mistakes of users, each with the errors that the compiler shows. */
const mistakes: readonly (readonly [mistake: string, told: RegExp])[] = [
  ["room.on('sya', () => {})", /'"sya"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){4}'/],
  ["client.on('sya', () => {})", /'"sya"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){4}'/],
  ["hub.on('notice', () => {})", /'"notice"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){3}'/],
  [
    "room.send('notice', { title: '' })",
    /'"notice"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){3}'/,
  ],
  [
    "hub.to('#a').send('sya', { text: '' })",
    /'"sya"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){4}'/,
  ],
  [
    "hub.to('#a').cast('sya', { text: '' })",
    /'"sya"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){4}'/,
  ],
  [
    "hub.broadcast('sya', { text: '' })",
    /'"sya"' is not assignable to parameter of type '(?:"\w+"(?: \| )?){4}'/,
  ],
  [
    "room.send('say', { txt: '' })",
    /'txt' does not exist in type '\{ text: string; \}'\. Did you mean to write 'text'\?/,
  ],
  ["room.send('say')", /Expected 2-3 arguments, but got 1/],
  ["client.join('lobby')", /'"lobby"' is not assignable to parameter of type '`#\$\{string\}`'/],
  [
    "client.to('bob').send('say', { text: '' })",
    /'"bob"' is not assignable to parameter of type 'Destination'/,
  ],
  ["client.call('renam', { name: '' })", /'"renam"' is not assignable to parameter of type '"rename"'/],
  ["hub.to('@bob').ask('sur', '')", /'"sur"' is not assignable to parameter of type '"sure"'/],
  ["hub.handle('rename')", /Expected 2 arguments, but got 1/],
  [
    "hub.handle('rename', () => ({ okay: true }))",
    /'\{ okay: boolean; \}' is not assignable to type 'MaybePromise<\{ ok: boolean; \}>'/,
  ],
  [
    "new Hub({ authenticate: () => 'alice' })",
    /'string' is not assignable to type 'MaybePromise<User \| null>'/,
  ],
]

const text = setting + mistakes.map(([mistake]) => mistake).join('\n')
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const host = ts.createCompilerHost({ ...options, noEmit: true, composite: false })
const readFile = host.readFile.bind(host)
const getSourceFile = host.getSourceFile.bind(host)
host.fileExists = (name) => name === file || ts.sys.fileExists(name)
host.readFile = (name) => (name === file ? text : readFile(name))
host.getSourceFile = (name, ...rest) =>
  name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest)

/** Returns the errors of each line, made at the first use: the compiler reads the types of core once. */
let errors: ReadonlyMap<number, string> | null = null
function errorsByLine(): ReadonlyMap<number, string> {
  if (errors !== null) return errors
  const program = ts.createProgram([file], { ...options, noEmit: true, composite: false }, host)
  const source = program.getSourceFile(file)
  const found = new Map<number, string>()
  for (const { start = 0, messageText } of program.getSemanticDiagnostics(source))
    found.set(
      source?.getLineAndCharacterOfPosition(start).line ?? 0,
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    )
  errors = found
  return found
}

test.each(mistakes)(
  '%s: the error names what is possible, and not the whole contract',
  { timeout: 120_000 },
  (mistake, told) => {
    const line = setting.split('\n').length - 1 + mistakes.findIndex(([each]) => each === mistake)
    // Of several overloads, compilers show the last one, or it comes last.
    const error = errorsByLine().get(line)?.split('\n').at(-1)
    expect(error).toMatch(told)
    expect(error?.length).toBeLessThanOrEqual(140)
  },
)
