// Checks every link of the built site: its page must exist, and hold the anchor. VitePress checks only the pages.
import { existsSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { filesBelow, root } from '../tooling/repository.mjs'

const site = join(root, 'docs', 'site')
const base = process.env.DOCS_BASE ?? '/'

/** Throws for the broken links of the site, and lists them. */
export function checkLinks() {
  const pages = new Map()
  for (const file of filesBelow(site).filter((each) => each.endsWith('.html'))) {
    const html = readFileSync(file, 'utf8')
    const ids = new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id]) => decoded(id)))
    pages.set(urlOf(file), { ids, hrefs: hrefsOf(html) })
  }
  const broken = [...pages].flatMap(([url, { hrefs }]) =>
    hrefs.filter((href) => !leads(href, url, pages)).map((href) => `${url}: ${href}`),
  )
  if (broken.length > 0) throw new Error(`broken links:\n  ${[...new Set(broken)].join('\n  ')}`)
}

/** Returns the links and images of a page inside the site. */
function hrefsOf(html) {
  const body = html.slice(html.indexOf('<body'))
  return [...body.matchAll(/\s(?:href|src)="([^"]*)"/g)]
    .map(([, href]) => decoded(href))
    .filter((href) => href !== '' && !/^(?:[a-z]+:|\/\/)/i.test(href))
}

function leads(href, from, pages) {
  const [path, hash] = href.split('#')
  const to = path === '' ? from : posix.resolve(posix.dirname(from.endsWith('/') ? `${from}x` : from), path)
  const url = path.endsWith('/') && to !== '/' ? `${to}/` : to
  const page = pages.get(url) ?? pages.get(url.replace(/\.html$/, ''))
  if (page === undefined) return existsSync(join(site, url.slice(base.length - 1))) && !url.endsWith('/')
  return hash === undefined || hash === '' || page.ids.has(decodeURIComponent(hash))
}

function urlOf(file) {
  const path = relative(site, file).split(sep).join('/')
  return `${base}${path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`
}

function decoded(text) {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
