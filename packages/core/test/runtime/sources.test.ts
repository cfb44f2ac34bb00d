import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

const packages = join(import.meta.dirname, '..', '..', '..')

/** The sources of a package, without their comments. */
function* sources(name: string): Generator<[file: string, text: string]> {
  const folder = join(packages, name, 'src')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(join(folder, file), 'utf8')
    yield [relative(packages, join(folder, file)), text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')]
  }
}

const using = (name: string, what: RegExp): string[] =>
  [...sources(name)].filter(([, text]) => what.test(text)).map(([file]) => file)

test.each(['core', 'node-ws', 'browser', 'bun', 'web-socket'])(
  'nothing in %s takes randomness from Math (U-22); the time of day comes from the runtime alone (U-23)',
  (name) => {
    expect([...sources(name)].length).toBeGreaterThan(4)
    expect(using(name, /\bMath\.random\b/)).toEqual([])
    const runtime = join('core', 'src', 'runtime')
    expect(using(name, /\bDate\b/).filter((file) => !file.startsWith(runtime))).toEqual([])
  },
)

test('in core clocks, timers and randomness are touched by its runtime alone (U-22, U-23)', () => {
  const globals = /\b(setTimeout|setInterval|setImmediate|queueMicrotask|performance|crypto)\b/
  const files = using('core', globals)
  expect(files.length).toBeGreaterThan(0)
  expect(files.filter((file) => !file.startsWith(join('core', 'src', 'runtime')))).toEqual([])
})
