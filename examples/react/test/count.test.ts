import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the example has at most 400 lines of code, and 40 of glue', () => {
  const counter = fileURLToPath(new URL('../count.mjs', import.meta.url))
  expect(execFileSync(process.execPath, [counter], { encoding: 'utf8' })).toMatch(/in all, at most 400/)
})
