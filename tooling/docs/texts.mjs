// Finds the texts of a file: the comments of a source file, or the prose of a page.
import ts from 'typescript'
import { blank, withoutCode } from './language.mjs'

const fences = /^([ \t]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm

/**
 * Returns the texts of a source file, each `{ text, offset, opens }`. `opens` is `true` for doc comments,
 * whose beginnings are counted. `text` has blanks in place of `*`, tags and code, so that its positions are
 * positions of the file.
 */
export function textsOfSource(source) {
  return commentsOf(source).flatMap(({ pos, end }) => {
    const comment = source.slice(pos, end)
    if (comment.startsWith('/**')) return [{ text: proseOf(comment), offset: pos, opens: true }]
    return comment.startsWith('//')
      ? [{ text: withoutCode(blank(comment, /^\/\//)), offset: pos, opens: false }]
      : []
  })
}

/** Returns the paragraphs, items and cells of a page. Headings and questions do not count as beginnings. */
export function textsOfPage(source) {
  const prose = withoutCode(
    blank(source, /^---\n[\s\S]*?\n---\n/, fences, /<!--[\s\S]*?-->/g, /<[^>\n]+>/g, /\]\([^)\n]*\)/g),
  )
  return [...prose.matchAll(/[^\n|]+(?:\n(?![ \t]*(?:[-*|#>]|\d+\.|\n|$))[^\n|]+)*/g)]
    .filter(({ 0: text }) => /[A-Za-z]/.test(text))
    .map(({ 0: text, index }) => {
      const marks = /^[\s>*#\d.[\]-]*/.exec(text)[0]
      const heading = /^\s*#/.test(text) || /\?\**\s*$/.test(text) || !/[a-z]\W+[a-z]+\W+[a-z]/i.test(text)
      return { text: text.slice(marks.length), offset: index + marks.length, opens: !heading }
    })
}

function commentsOf(source) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const found = new Map()
  const visit = (node) => {
    if (node.kind >= ts.SyntaxKind.FirstToken && node.kind <= ts.SyntaxKind.LastToken) {
      const start = node.getFullStart()
      const before = [ts.getLeadingCommentRanges(source, start), ts.getTrailingCommentRanges(source, start)]
      for (const range of before.flatMap((ranges) => ranges ?? [])) found.set(range.pos, range)
    }
    for (const child of node.getChildren(file)) visit(child)
  }
  visit(file)
  return [...found.values()].sort((a, b) => a.pos - b.pos)
}

/** Returns a doc comment without its stars, its code, and its tags with their names. */
function proseOf(comment) {
  const lines = blank(comment, /^\/\*\*/, /\*\/$/, /^[ \t]*\*/gm)
  return withoutCode(
    blank(
      lines,
      fences,
      /@example[\s\S]*?(?=^\s*@|$(?![\s\S]))/gm,
      /@(?:param|typeParam)\s+\S+(?:\s+-)?/g,
      /@\w+/g,
    ),
  )
}
