// The sidebar of the guides, from pages.mjs. Throws when a page is in no group, or a group names no page.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { filesBelow, root } from '../tooling/repository.mjs'
import { groups } from './pages.mjs'

const docs = join(root, 'docs')

/** Returns the groups with their pages: `{ title, pages: [{ path, title, about, link }] }`. */
export function pageGroups() {
  const known = groups.flatMap(({ pages }) => Object.keys(pages))
  const written = [...filesBelow(join(docs, 'guides'))]
    .filter((file) => file.endsWith('.md'))
    .map((file) => relative(docs, file).replace(/\.md$/, '').split(sep).join('/'))
  const lost = written.filter((path) => !known.includes(path))
  if (lost.length > 0)
    throw new Error(`site/pages.mjs: add ${lost.map((path) => `"${path}"`).join(', ')} to a group`)
  const missing = known.filter((path) => !existsSync(join(docs, `${path}.md`)))
  if (missing.length > 0)
    throw new Error(`site/pages.mjs: there is no page docs/${missing.join('.md, docs/')}.md`)
  return groups.map(({ title, pages }) => ({
    title,
    pages: Object.entries(pages).map(([path, about]) => ({
      path,
      title: titleOf(path),
      about,
      link: linkOf(path),
    })),
  }))
}

/** Returns the sidebar of VitePress. */
export function guideSidebar() {
  return pageGroups().map(({ title, pages }) => ({
    text: title,
    items: pages.map((page) => ({ text: page.title, link: page.link })),
  }))
}

function titleOf(path) {
  const text = readFileSync(join(docs, `${path}.md`), 'utf8')
  const title = /^---\n[\s\S]*?^title: *(.+)$/m.exec(text)?.[1] ?? /^# (.+)$/m.exec(text)?.[1] ?? path
  return title.replace(/^"(.*)"$/, '$1').replaceAll('`', '')
}

function linkOf(path) {
  return `/${path.replace(/(^|\/)index$/, '$1')}`
}
