// The sidebar of the guides, from pages.mjs. Throws when a page is in no group, or a group names no page.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { filesBelow, root } from '../tooling/repository.mjs'
import { groups } from './pages.mjs'

const docs = join(root, 'docs')

/** Returns the groups with their pages: `{ title, pages: [{ path, link, title, description, pages }] }`. */
export function pageGroups() {
  const known = groups.flatMap(({ pages }) => pages.flat(2))
  const written = filesBelow(join(docs, 'guides'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => relative(docs, file).replace(/\.md$/, '').split(sep).join('/'))
  const lost = written.filter((path) => !known.includes(path))
  if (lost.length > 0) fail(`add ${lost.map((path) => `'${path}'`).join(', ')} to a group`)
  return groups.map(({ title, pages }) => ({ title, pages: pages.map(pageOf) }))
}

/** Returns the sidebar of VitePress. */
export function guideSidebar() {
  return pageGroups().map(({ title, pages }) => ({ text: title, items: pages.map(itemOf) }))
}

function itemOf({ title, link, pages }) {
  const item = { text: title, link }
  return pages.length === 0 ? item : { ...item, collapsed: false, items: pages.map(itemOf) }
}

function pageOf(listed) {
  const [path, pages] = Array.isArray(listed) ? listed : [listed, []]
  const file = join(docs, `${path}.md`)
  if (!existsSync(file)) fail(`there is no page docs/${path}.md`)
  const front = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  const [title, description] = ['title', 'description'].map((name) => {
    const value = new RegExp(`^${name}: *(.+)$`, 'm').exec(front)?.[1]
    return (
      value?.replace(/^(["'])(.*)\1$/, '$2') ?? fail(`docs/${path}.md has no ${name} in its front matter`)
    )
  })
  return {
    path,
    link: `/${path.replace(/(^|\/)index$/, '$1')}`,
    title: title.replaceAll('`', ''),
    description,
    pages: pages.map(pageOf),
  }
}

function fail(reason) {
  throw new Error(`site/pages.mjs: ${reason}`)
}
