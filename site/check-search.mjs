// Checks that the search of the built site finds common words on the right page first, as a reader would get it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import MiniSearch from 'minisearch'
import { filesBelow, root } from '../tooling/repository.mjs'
import { expected, searchOptions } from './search.mjs'

/** Throws for the words whose first hit is on another page than `expected` says. */
export async function checkSearch() {
  const index = MiniSearch.loadJSON(await builtIndex(), {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
    searchOptions,
  })
  const wrong = Object.entries(expected).flatMap(([word, page]) => {
    const hits = index
      .search(word)
      .slice(0, 5)
      .map(({ id }) => id)
    if (page.test(hits[0] ?? '')) return []
    return `"${word}" should lead to ${page} first, and leads to: ${hits.join(', ') || 'no page'}`
  })
  if (wrong.length > 0) throw new Error(`the search finds other pages:\n  ${wrong.join('\n  ')}`)
}

/** Returns the index that the page loads when the search opens. */
async function builtIndex() {
  const file = filesBelow(join(root, 'docs', 'site', 'assets')).find((each) =>
    /@localSearchIndexroot/.test(each),
  )
  if (file === undefined) throw new Error('the site has no search index')
  return (await import(`${pathToFileURL(file)}?${readFileSync(file).length}`)).default
}
