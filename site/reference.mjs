// Generates the API reference as pages of the site, in docs/api: typedoc reads the sources, and typedoc-plugin-markdown
// writes a page for each export. Then the pages get the form of the site, and the order of pages.mjs.
//   docs/api/links.json     the page of each name, for {@link …} in the guides
//   docs/api/sidebar.json   the sidebar of each package
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, ReflectionKind } from 'typedoc'
import { load, MemberRouter } from 'typedoc-plugin-markdown'
import { root } from '../tooling/repository.mjs'
import { packages } from './pages.mjs'

const out = join(root, 'docs', 'api')

/** Kinds of exports in the order of the pages, with the headings of their lists. */
const kinds = new Map([
  [ReflectionKind.Function, { one: 'function', many: 'Functions' }],
  [ReflectionKind.Class, { one: 'class', many: 'Classes' }],
  [ReflectionKind.Interface, { one: 'interface', many: 'Interfaces' }],
  [ReflectionKind.TypeAlias, { one: 'type', many: 'Types' }],
  [ReflectionKind.Variable, { one: 'constant', many: 'Constants' }],
])

/** The first sentence of each page, by file: a page is rewritten when the first entry that exports it is read. */
const abouts = new Map()

/** The exports of a package's main entry are directly in the package's folder. */
class Paths extends MemberRouter {
  /** The router of the last rendering: typedoc forgets its own when it has written the pages. */
  static last

  buildPages(project) {
    Paths.last = this
    return super.buildPages(project)
  }

  getIdealBaseName(reflection) {
    const path = super.getIdealBaseName(reflection)
    return isEntry(reflection) ? path : path.replace('/index/', '/')
  }
}

/** Writes docs/api. Throws when typedoc finds an error or a warning in a doc comment. */
export async function writeReference() {
  rmSync(out, { recursive: true, force: true })
  const app = await Application.bootstrapWithPlugins({
    options: join(root, 'typedoc.json'),
    plugin: [load, (plain) => plain.renderer.defineRouter('site', Paths)],
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('typedoc: unable to read the packages')
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('typedoc: see the messages above')
  const router = Paths.last
  const listed = Object.keys(packages).map((name) => packageOf(project, name, router))
  const forgotten = project.children.filter(({ name }) => !(name in packages))
  if (forgotten.length > 0)
    throw new Error(`site/pages.mjs: packages lacks ${forgotten.map(({ name }) => name).join(', ')}`)
  for (const each of listed) writePackage(each)
  write('index.md', overview(listed))
  write('links.json', JSON.stringify(linksOf(project, router)))
  write(
    'sidebar.json',
    JSON.stringify(Object.fromEntries(listed.map((each) => [each.path, sidebarOf(each, listed)]))),
  )
}

function isEntry({ kind, parent }) {
  return kind === ReflectionKind.Module && parent?.kind === ReflectionKind.Module
}

function packageOf(project, name, router) {
  const reflection = project.children.find((child) => child.name === name)
  if (reflection === undefined) throw new Error(`site/pages.mjs: there is no package ${name}`)
  const modules = reflection.children.filter(isEntry)
  const file = router.getFullUrl(reflection)
  const entries = Object.entries(packages[name]).map(([entry, first]) => {
    const module = modules.length === 0 ? reflection : modules.find((child) => child.name === entry)
    if (module === undefined) throw new Error(`site/pages.mjs: ${name} has no entry ${entry}`)
    return entryOf({ name: entry === 'index' ? name : `${name}/${entry}`, module, first, router })
  })
  return { name, path: urlOf(file), file, readme: reflection, entries }
}

function entryOf({ name, module, first, router }) {
  const exported = module.children.map((child) => exportOf(child, router))
  const main = first.map((wanted) => {
    const found = exported.find((each) => each.name === wanted)
    return found ?? fail(`site/pages.mjs: ${name} has no export ${wanted}`)
  })
  for (const each of exported) if (!each.again) write(each.file, pageOf(each, name))
  const rest = [...kinds].map(([kind, { many }]) => ({
    title: many,
    exports: exported.filter((each) => each.kind === kind && !main.includes(each)),
  }))
  return {
    name,
    file: router.getFullUrl(module),
    main,
    rest: rest.filter(({ exports }) => exports.length > 0),
  }
}

/** Returns an export. An export that belongs to another entry has its page there. */
function exportOf(declared, router) {
  const reflection = declared.isReference() ? declared.getTargetReflectionDeep() : declared
  const file = router.getFullUrl(reflection)
  const text = readFileSync(join(out, file), 'utf8')
  const about = abouts.get(file) ?? firstSentence(text)
  abouts.set(file, about)
  return {
    name: declared.name,
    kind: reflection.kind,
    file,
    path: urlOf(file),
    text,
    about,
    again: reflection !== declared,
  }
}

/** Returns the first sentence of a page below its heading, without links. */
function firstSentence(text) {
  const paragraph = text.split('\n\n').find((part) => !/^(?:#|Defined in|```|\||\n*$)/.test(part)) ?? ''
  const plain = paragraph.replace(/\[((?:\\.|[^\]])*)\]\([^)]*\)/g, '$1').replaceAll('\n', ' ')
  return /^.*?[.:](?=\s|$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain
}

/** Returns a generated page with the kind, the entry and the source in one line, instead of a line for each member. */
function pageOf({ name, kind, text, about }, entry) {
  const source = /^Defined in: \[[^\]]*\]\(([^)]*)\)$/m.exec(text)?.[1]
  const where = `${kinds.get(kind).one} of \`${entry}\`${source === undefined ? '' : ` · [source](${source})`}`
  const body = text
    .replace(/^# .*\n/, '')
    .replace(/^Defined in: .*\n\n?/gm, '')
    .replace(/^\*\*\*\n\n/gm, '')
    .replace(/^#+ Returns\n\n`void`\n\n?/gm, '')
  return `${front({ title: name, description: about })}# ${name}\n\n<div class="api-kind">\n\n${where}\n\n</div>\n${usedFirst(body)}`
}

/** Sections of a page in the order of their use; others keep their place between them. */
const order = ['Constructors', 'Parameters', 'Returns', 'Throws', 'Methods', 'Accessors', 'Properties']
const last = ['Type Parameters', 'Extends', 'Extended by', 'Implements']

/** Returns a page with its sections in the order of their use. */
function usedFirst(body) {
  const [intro, ...sections] = body.trimEnd().split(/^(?=## )/m)
  const rank = (section) => {
    const title = /^## (.*)$/m.exec(section)[1]
    return last.includes(title)
      ? order.length + 1
      : order.includes(title)
        ? order.indexOf(title)
        : order.length
  }
  const sorted = sections.map((section) => section.trimEnd()).sort((a, b) => rank(a) - rank(b))
  return `${[intro.trimEnd(), ...sorted].join('\n\n')}\n`
}

function writePackage({ name, file, entries }) {
  const text = readFileSync(join(out, file), 'utf8')
  const readme = text.replace(
    /\n## (?:Modules|Classes|Interfaces|Type Aliases|Variables|Functions)\n\n\| [\s\S]*$/,
    '\n',
  )
  const lists = entries.map((entry) => listOf(entry, entries.length > 1)).join('\n')
  write(file, `${front({ title: name })}${readme}\n## Exports\n\n${lists}`)
  for (const entry of entries.filter((each) => each.file !== file)) {
    if (/\/index\/index\.md$/.test(entry.file)) rmSync(join(out, entry.file))
    else write(entry.file, `${front({ title: entry.name })}# ${entry.name}\n\n${listOf(entry, false)}`)
  }
}

function listOf({ name, main, rest }, titled) {
  const all = [{ title: titled ? `\`${name}\`` : 'Most used', exports: main }, ...rest]
  return all
    .map(({ title, exports }) =>
      [
        `${title === `\`${name}\`` ? '###' : titled ? '####' : '###'} ${title}`,
        '',
        '| | |',
        '|---|---|',
        ...exports.map(row),
        '',
      ].join('\n'),
    )
    .join('\n')
}

function row({ name, path, about }) {
  return `| [\`${name}\`](${path}) | ${about} |`
}

function overview(listed) {
  const rows = listed.flatMap(({ entries, path }) =>
    entries.map(({ name, main, file }) => {
      const exports = main.slice(0, 5).map((each) => `[\`${each.name}\`](${each.path})`)
      return `| [${name}](${/\/index\/index\.md$/.test(file) ? path : urlOf(file)}) | ${exports.join(', ')} |`
    }),
  )
  return `${front({ title: 'API reference', description: 'Every package, with its exports.' })}# API reference\n\n| entry | begin with |\n|---|---|\n${rows.join('\n')}\n`
}

function sidebarOf({ entries, path }, listed) {
  const item = (each) => ({ text: each.name, link: each.path })
  return [
    { text: 'All packages', collapsed: true, items: listed.map(item) },
    ...entries.map((entry, index) => ({
      text: entry.name,
      link: index === 0 ? path : urlOf(entry.file),
      collapsed: index > 0,
      items: [
        ...entry.main.map(item),
        ...entry.rest.map(({ title, exports }) => ({
          text: title,
          collapsed: true,
          items: exports.map(item),
        })),
      ],
    })),
  ]
}

/** Returns the address of each export and each of its members by the name that {@link …} has: `@chat/core!index.Hub`. */
function linksOf(project, router) {
  const links = {}
  const visit = (declared, name) => {
    const reflection = declared.isReference() ? declared.getTargetReflectionDeep() : declared
    if (router.hasUrl(reflection))
      links[name] = urlOf(router.getFullUrl(reflection).replace('/index/index.md', '/index.md'))
    for (const child of reflection.children ?? [])
      visit(child, `${name}${reflection.parent === project ? '!' : '.'}${child.name}`)
  }
  for (const child of project.children) visit(child, child.name)
  for (const [name, url] of Object.entries(links)) if (/!$/.test(name)) links[name.slice(0, -1)] = url
  return links
}

function urlOf(file) {
  return `/api/${file.replace(/\.md(?=#|$)/, '')}`.replace(/\/index(?=#|$)/, '/')
}

function front(fields) {
  return `---\n${Object.entries({ ...fields, editLink: false })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')}\n---\n\n`
}

function write(file, text) {
  writeFileSync(join(out, file), text)
}

function fail(reason) {
  throw new Error(reason)
}
