// The local search of the site: how pages are cut into sections, and which sections come first.
import { readFileSync } from 'node:fs'

/** Headings of the API reference that say nothing alone: their text belongs to the export or member above. */
const parts =
  /^(?:Parameters|Returns|Type Parameters|Throws|Example|Examples|Type Declaration|Constructors?|Properties|Methods|Accessors|Get Signature|Call Signature|Extends|Extended by|Implements|Inherited from|Overrides|See|Deprecated|Default Value|Exports|Most used|Functions|Classes|Interfaces|Types|Constants)$/

/** Options of MiniSearch, in the page and in the check. Functions become text in the page, so they name nothing outside. */
export const searchOptions = {
  fuzzy: (term) => (term.length > 4 ? 0.2 : false),
  prefix: true,
  combineWith: 'AND',
  boost: { title: 4, titles: 2, text: 1 },
  boostDocument: (id, term, { title }) => {
    const exact = title.toLowerCase() === term
    if (id.includes('/api/')) {
      const rare = /\/(?:conformance|nats|redis|sqlite|bun|web-socket|transport|backplane|memory)\//.test(id)
        ? 0.6
        : 1
      return rare * (id.includes('#') ? 0.12 : exact ? 0.45 : 0.3)
    }
    if (!id.includes('/guides/')) return 0.5
    return id.endsWith('#run-by-a-test') ? 0.3 : id.includes('#') ? 1 : 1.3
  },
}

/** Renders a page for the index: code needs no colours there, which takes a third of the time of a build. */
export function renderForSearch(source, env, md) {
  md.options.highlight = null
  const html = md.render(source, env)
  return env.frontmatter?.search === false ? '' : html
}

/** Cuts the HTML of a page into sections: `{ anchor, titles, text }`. */
export function* splitIntoSections(path, html) {
  const reference = /\/docs\/api\//.test(path)
  const pieces = html.split(/<h(\d)[^>]*? id="([^"]*)"[^>]*>([\s\S]*?)<\/h\1>/)
  let titles = []
  let section
  for (let i = 1; i < pieces.length; i += 4) {
    const [level, anchor, heading, body] = pieces.slice(i, i + 4)
    const title = plain(heading.replace(/<a class="header-anchor"[\s\S]*?<\/a>/, ''))
    if (reference && section !== undefined && parts.test(title)) {
      section.text += ` ${plain(body)}`
      continue
    }
    if (section !== undefined) yield section
    const depth = Number(level) - 1
    titles = [...titles.slice(0, depth).filter(Boolean), title]
    const about = depth === 0 ? [...keywordsOf(path), ...titles] : titles
    section = { anchor: depth === 0 ? '' : anchor, titles: about, text: plain(body) }
  }
  if (section !== undefined) yield section
}

/**
 * Returns the words that a page names in its front matter as `keywords: [jwt, cookie]`, as a title for the search. The
 * results show titles as HTML, and `theme/style.css` hides a title with the element `s`. The blanks keep the words
 * apart from the tags.
 */
function keywordsOf(path) {
  const words = /^---\n[\s\S]*?^keywords: *\[(.*)\]$[\s\S]*?^---$/m.exec(readFileSync(path, 'utf8'))?.[1]
  return words === undefined ? [] : [`<s> ${words.replaceAll(',', ' ')} </s>`]
}

function plain(html) {
  return html
    .replace(/<(?:script|style|svg)[\s\S]*?<\/(?:script|style|svg)>/g, ' ')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/&#\w+;|&ZeroWidthSpace;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The page of the first hit for words that readers look for. */
export const expected = {
  jwt: /recipes\/jwt-refresh-tokens/,
  unread: /recipes\/unread-counts/,
  timestamp: /recipes\/message-timestamps/,
  react: /guides\/react/,
  vue: /guides\/vue/,
  svelte: /guides\/svelte/,
  cookie: /recipes\/cookie-sessions/,
  haproxy: /guides\/deployment/,
  4513: /guides\/error-codes/,
  nginx: /guides\/deployment/,
  authentication: /guides\/security/,
  OpenTelemetry: /guides\/observe/,
  ordering: /guides\/concepts/,
  cluster: /guides\/scaling/,
  HubOptions: /api\/core\/interfaces\/HubOptions/,
  presence: /guides\/presence/,
  token: /recipes\/jwt-refresh-tokens/,
  reconnect: /recipes\/connection-status/,
  outbox: /recipes\/outbox/,
}
