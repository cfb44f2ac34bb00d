// Where the texts are: the doc comments and comments of a source file, the prose of a page.
import ts from 'typescript'
import { blank, withoutCode } from './language.mjs'

const fences = /^([ \t]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm

/**
 * The texts of a source file, each `{ text, offset, opens }`: `opens` where it is counted how it begins (doc comments, not `//`).
 * `text` has blanks where the source has `*`, tags and code, so that a place in it is a place in the file.
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

/** The paragraphs, items and cells of a page, headings and questions aside: those may begin as they like. */
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

/** A doc comment without its stars, its tags with what they name, and its code. */
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
