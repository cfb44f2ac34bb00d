// Measures the language of code and pages, in total, by package or folder, and by file:
//   - doc comments (or paragraphs) that begin with a relative pronoun: at most 3 in 100
//   - vague pronouns: at most 1.5 in 100 words
//   - public members without a doc comment: 0
// `language.mjs` has the words. Code inside a text, quoted text and headings do not count.
//   npm run words                     the totals, by package and folder
//   npm run words -- --files          the files with the most occurrences; `--files packages/core/src/hub` only files below the folder
//   npm run words -- --list FILE …    each occurrence with its line; for a folder, of all its files
//   npm run words -- --members        the members without a doc comment
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { filesBelow, packages, root } from '../repository.mjs'
import { beginsRelative, vagueWords, wordsOf } from './language.mjs'
import { undocumentedMembers } from './members.mjs'
import { textsOfPage, textsOfSource } from './texts.mjs'

const limits = { relative: 3, vague: 1.5, members: 0 }

const [mode, ...paths] = process.argv.slice(2)
if (mode === '--list') list()
else if (mode === '--files') worst()
else if (mode === '--members') listMembers()
else if (mode === undefined) totals()
else {
  console.error(`words: no such option: ${mode}; there are: --files, --list FILE, --members`)
  process.exit(1)
}

function totals() {
  const kinds = { code: codeFiles(), docs: pageFiles() }
  let bad = false
  for (const [kind, files] of Object.entries(kinds)) {
    const counts = files.map(count)
    const parts = groupBy(counts, partOf)
    console.log(header(kind))
    for (const [part, own] of parts) console.log(row(sum(own), part))
    const all = sum(counts)
    console.log(row(all, `all ${kind}`))
    if (share(all) > limits.relative || rate(all) > limits.vague) bad = true
  }
  const missing = undocumentedMembers().length
  console.log(`\npublic members without a doc comment: ${missing} (npm run words -- --members)`)
  if (missing > limits.members) bad = true
  console.log(
    `${bad ? 'over the limits' : 'within the limits'}: ${limits.relative} %, ${limits.vague} and ${limits.members}`,
  )
  if (bad) process.exit(1)
}

function worst() {
  const counts = [...codeFiles(), ...pageFiles()]
    .map(count)
    .filter(
      ({ file }) =>
        paths.length === 0 || paths.some((path) => relative(root, file).startsWith(path.replace(/\/$/, ''))),
    )
    .filter((each) => each.relative.length + each.vague.length > 0)
    .sort((a, b) => b.relative.length + b.vague.length - a.relative.length - a.vague.length)
  console.log(header('files'))
  for (const each of counts.slice(0, paths.length > 0 ? undefined : 40))
    console.log(row(each, relative(root, each.file)))
}

function list() {
  const wanted = paths.flatMap((path) => {
    const full = resolve(path)
    if (!existsSync(full)) throw new Error(`words: no such file: ${path}`)
    return statSync(full).isDirectory() ? filesBelow(full).filter((file) => /\.(ts|md)$/.test(file)) : [full]
  })
  for (const { file, source, relative: openings, vague } of wanted.map(count)) {
    const places = [
      ...openings.map(({ offset, word }) => ({ offset, what: `begins with "${word}"` })),
      ...vague.map(({ offset, word }) => ({ offset, what: `"${word}"` })),
    ]
    for (const { offset, what } of places.sort((a, b) => a.offset - b.offset)) {
      const line = source.slice(0, offset).split('\n').length
      console.log(`${relative(root, file)}:${line}: ${what}: ${source.split('\n')[line - 1].trim()}`)
    }
  }
}

function listMembers() {
  for (const { file, line, name } of undocumentedMembers())
    console.log(`${relative(root, file)}:${line}: ${name}`)
}

function count(file) {
  const source = readFileSync(file, 'utf8')
  const texts = file.endsWith('.md') ? textsOfPage(source) : textsOfSource(source)
  const opening = texts.filter(({ opens }) => opens)
  const found = (each, of) => of.map(({ word, index }) => ({ word, offset: each.offset + index }))
  return {
    file,
    source,
    texts: opening.length,
    words: texts.reduce((sum, { text }) => sum + wordsOf(text).length, 0),
    relative: opening
      .filter(({ text }) => beginsRelative(text))
      .flatMap((each) => found(each, wordsOf(each.text).slice(0, 1))),
    vague: texts.flatMap((each) => found(each, vagueWords(each.text))),
  }
}

function codeFiles() {
  return packages().flatMap(({ folder }) =>
    filesBelow(join(folder, 'src')).filter((file) => file.endsWith('.ts')),
  )
}

/** Returns all pages except generated pages. */
function pageFiles() {
  const made = [
    'docs/api-report',
    'docs/site',
    'docs/api/',
    'docs/changelog.md',
    'docs/capabilities.md',
    'docs/conformance',
  ]
  const folders = ['docs', 'packages', 'examples', 'tooling'].flatMap((folder) =>
    filesBelow(join(root, folder)),
  )
  return [join(root, 'README.md'), ...folders]
    .filter((file) => file.endsWith('.md') && !file.endsWith('CHANGELOG.md'))
    .filter((file) => !made.some((path) => relative(root, file).startsWith(path)))
}

/**
 * Returns the package of a source file, or the folder of a page. Core is large, so its parts are its rooms.
 */
function partOf({ file }) {
  const path = relative(root, file).split('/')
  if (path[2] !== 'src') return path.slice(0, -1).slice(0, 2).join('/') || '.'
  return path[1] === 'core' && path.length > 4 ? path.slice(0, 4).join('/') : path.slice(0, 3).join('/')
}

function sum(counts) {
  return {
    texts: counts.reduce((total, { texts }) => total + texts, 0),
    words: counts.reduce((total, { words }) => total + words, 0),
    relative: counts.flatMap(({ relative }) => relative),
    vague: counts.flatMap(({ vague }) => vague),
  }
}

function share({ relative, texts }) {
  return (100 * relative.length) / Math.max(texts, 1)
}

function rate({ vague, words }) {
  return (100 * vague.length) / Math.max(words, 1)
}

function header(what) {
  return `\n  begin relative          vague in 100 words   ${what}`
}

function row(counts, name) {
  const begins = `${share(counts).toFixed(1).padStart(5)} %  ${String(counts.relative.length).padStart(4)} of ${String(counts.texts).padEnd(5)}`
  const vague = `${rate(counts).toFixed(1).padStart(5)}  ${String(counts.vague.length).padStart(4)} of ${String(counts.words).padEnd(6)}`
  return `${begins}  ${vague}  ${name}`
}

function groupBy(items, key) {
  const groups = new Map()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}
