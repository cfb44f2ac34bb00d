import { describe, expect, test } from 'vitest'
import { Lines } from '../../src/protocol/json.ts'

const linesOf = (transmission: string): string[] => {
  const lines = new Lines(transmission)
  const found: string[] = []
  for (let line = lines.next(); line !== null; line = lines.next()) found.push(line)
  return found
}

describe('P-FR-1: the lines of a transmission', () => {
  test.each([
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['a\nb\n', ['a', 'b']],
    ['a\nb\r\n', ['a', 'b']],
  ])('%j: one LF or CRLF behind the last frame is ignored', (transmission, lines) => {
    expect(linesOf(transmission)).toEqual(lines)
  })

  test.each([
    ['', ['']],
    ['\n', ['']],
    ['\r\n', ['']],
    ['a\n\n', ['a', '']],
    ['a\r\n\r\n', ['a\r', '']],
    ['\na', ['', 'a']],
    ['a\r', ['a\r']],
    ['a\n\r', ['a', '\r']],
    ['a\r\nb', ['a\r', 'b']],
    ['a\u2028', ['a\u2028']],
  ])('%j: any other line end stays, and its line is no frame', (transmission, lines) => {
    expect(linesOf(transmission)).toEqual(lines)
  })
})
