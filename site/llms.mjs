// Writes the pages for language models: llms.txt lists them, llms-full.txt has the text of all guides, and each page is
// beside its HTML as markdown. See https://llmstxt.org.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../tooling/repository.mjs'
import { withApiLinks } from './links.mjs'
import { pageGroups } from './sidebar.mjs'

const docs = join(root, 'docs')
const site = join(docs, 'site')
const base = process.env.DOCS_BASE ?? '/'
const about = `# @chat

> Realtime messaging for TypeScript: a \`Hub\` that runs inside the server you already have, and a client for web pages and
> Node. Messages to everyone, to a room, or to a single user arrive in order and once, within a stated time limit; a
> client that misses messages catches up from a log, or is told which messages are lost.
`

/** Writes all files into the built site. */
export function writeLlms() {
  const groups = pageGroups().map(({ title, pages }) => ({
    title,
    pages: pages.flatMap((page) => [page, ...page.pages]),
  }))
  const pages = groups.flatMap((group) => group.pages).map((page) => ({ ...page, text: textOf(page) }))
  for (const { path, text } of pages) {
    mkdirSync(dirname(join(site, path)), { recursive: true })
    writeFileSync(join(site, `${path}.md`), text)
  }
  const lists = groups.map((group) => `## ${group.title}\n\n${group.pages.map(item).join('\n')}\n`)
  writeFileSync(join(site, 'llms.txt'), `${about}\n${lists.join('\n')}`)
  const full = pages.filter(({ path }) => path !== 'changelog')
  writeFileSync(join(site, 'llms-full.txt'), [about, ...full.map(({ text }) => text)].join('\n'))
}

function item({ path, title, description }) {
  return `- [${title}](${base}${path}.md): ${description}`
}

/** Returns a page without its front matter and hidden code, with its snippets and its links. */
function textOf({ path }) {
  const file = join(docs, `${path}.md`)
  const text = readFileSync(file, 'utf8')
    .replace(/^---\n[\s\S]*?\n---\n+/, '')
    .replace(/^<!-- (?:ts|tsx|python)\n[\s\S]*?^-->\n+/gm, '')
    .replace(/^<<< (\S+?)(?:#\w+)?(?: .*)?$/gm, (_, snippet) => codeOf(join(dirname(file), snippet)))
    .replace(/^:::.*\n+/gm, '')
  return withApiLinks(text, `${path}.md`)
}

function codeOf(file) {
  return `\`\`\`ts\n${readFileSync(file, 'utf8').trimEnd()}\n\`\`\``
}
