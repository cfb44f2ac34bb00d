import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ChatError, CloseCode, type ErrorCode, mayReconnect } from '../../src/index.ts'

const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const page = read('../../../../docs/guides/error-codes.md')
const source = read('../../src/vocabulary/errors.ts')

/** Returns the cells of the rows of a section, without the heading. */
function tableOf(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? []
  const rows = table.trim().split('\n').slice(2)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

/** The members of a union of the source, such as `ProtocolErrorCode`. */
function unionOf(name: string): string[] {
  const [, members = ''] = new RegExp(`type ${name} =([^;]*?)\\n\\n`).exec(source) ?? []
  return [...members.matchAll(/'([a-z_]+)'/g)].map(([, code = '']) => code)
}

test('the page of error codes lists every code of the source, with its retryable', () => {
  const codes = [...unionOf('ProtocolErrorCode'), ...unionOf('ErrorCode')]
  expect(codes.length).toBeGreaterThan(15)
  const listed = tableOf('Error codes').filter(([code = '']) => !code.includes('/'))
  const expected = codes.map((code) => [code, new ChatError(code as ErrorCode, '').retryable ? 'yes' : 'no'])
  expect(listed.map(([code, retryable]) => [code, retryable]).sort()).toEqual(expected.sort())
})

test('the page of error codes lists every close code of the source, and if a client reconnects after it', () => {
  const listed = tableOf('Close codes').map(([code, name, reconnects]) => [code, name, reconnects])
  const expected = Object.entries(CloseCode).map(([name, code]) => [
    String(code),
    name,
    mayReconnect(code) ? 'yes' : 'no',
  ])
  expect(listed).toEqual(expected)
})

test('each row of the page of error codes says what to do', () => {
  const rows = ['Error codes', 'Close codes', 'Answers to the connection'].flatMap(tableOf)
  expect(rows.filter((row) => row.some((cell) => cell === ''))).toEqual([])
})
