// Type-checks the TypeScript of README.md, packages/*/README.md, docs/index.md and docs/guides/*.md against the
// sources, so that readers can copy it.
//   ```ts, ```tsx  a separate file; all blocks of all pages are checked in one program
//   ```ts ignore   not checked, only listed
//   ```ts fails    a test that must fail with the report in the next ```text block of the page
//   // contract.ts as a block's first line names the file: other blocks of the page can import './contract.ts'
//   <!-- ts … -->  lines for the next block that the page does not show, such as `declare const hub: Hub`
//   ```vue, ```svelte  a component for a test to mount, if the first line names it: `<!-- Lobby.vue -->`
//   ```python      a file for a test to run, if the first line names it, such as `# asgi.py`; also <!-- python … -->
// Blocks are written to .guides/<page>/ with the line numbers of the page, so that an error names the page's line.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ensureInstalled } from '../installed.mjs'
import { filesBelow, packages, root } from '../repository.mjs'

const out = join(root, '.guides')
const libraries = ensureInstalled('migration')
const config = {
  extends: '../tsconfig.base.json',
  compilerOptions: {
    composite: false,
    declaration: false,
    declarationMap: false,
    emitDeclarationOnly: false,
    isolatedDeclarations: false,
    noEmit: true,
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    // Some guides also show code of other libraries.
    paths: {
      'socket.io': [join(libraries, 'socket.io', 'dist', 'index.d.ts')],
      'socket.io-client': [join(libraries, 'socket.io-client', 'build', 'esm', 'index.d.ts')],
      jose: [join(libraries, 'jose', 'dist', 'types', 'index.d.ts')],
    },
  },
  include: ['**/*.ts', '**/*.tsx'],
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config))
// Svelte declares its components itself.
writeFileSync(
  join(out, 'components.d.ts'),
  "declare module '*.vue' {\n  const component: import('vue').Component\n  export default component\n}\n",
)

const pages = new Map()
let checked = 0
for (const page of pagesToCheck()) writePage(page)
if (checked === 0) {
  console.log('check-guides: there are no ts blocks')
  process.exit(0)
}
process.exit(checkConfigurations() || compile())

/** The configurations of proxies in docs/deployment are tested. The guide shows them as they are. */
function checkConfigurations() {
  const folder = join(root, 'docs', 'deployment')
  const guide = readFileSync(join(root, 'docs', 'guides', 'deployment.md'), 'utf8')
  const differing = filesBelow(folder).filter(
    (file) => !guide.includes(`\n${readFileSync(file, 'utf8')}\`\`\`\n`),
  )
  for (const file of differing)
    console.error(
      `docs/guides/deployment.md does not show ${relative(root, file)} as it is: copy the file into it`,
    )
  return differing.length
}

function pagesToCheck() {
  const readmes = packages().map(({ folder }) => join(folder, 'README.md'))
  const guides = filesBelow(join(root, 'docs', 'guides')).filter((file) => file.endsWith('.md'))
  return [join(root, 'README.md'), join(root, 'docs', 'index.md'), ...readmes, ...guides].filter((file) =>
    existsSync(file),
  )
}

function writePage(page) {
  const path = relative(root, page).split(sep).join('/')
  const folder = path.replace(/\.md$/, '').replaceAll('/', '-')
  const text = readFileSync(page, 'utf8')
  pages.set(folder, path)
  writePython(join(out, folder), text)
  writeComponents(join(out, folder), text)
  for (const block of blocksOf(text)) {
    if (block.ignored) {
      console.log(`skipped ${path}:${block.line} (ts ignore)`)
      continue
    }
    checked++
    writeBlock(join(out, folder), path, block)
  }
}

function writeBlock(folder, path, { name, line, lines, fails, shown }) {
  const file = join(folder, name ?? `line-${line}.ts`)
  if (existsSync(file)) {
    console.error(`${path}:${line}: another block of this page has the name ${name}: choose a different name`)
    process.exit(1)
  }
  mkdirSync(join(file, '..'), { recursive: true })
  // A file without an import or export is a script, and its names would collide with those of other blocks.
  const source = `${lines.join('\n')}\nexport {}\n`
  if (!fails) return writeFileSync(file, source)
  writeFileSync(file, source.replace("from 'vitest'", "from '../../test-support/fails-as-shown.ts'"))
  writeFileSync(
    `${file}.shown.json`,
    JSON.stringify({ page: join(root, path), shown: shown?.join('\n') ?? '' }),
  )
}

function writePython(folder, text) {
  for (const [, source, name] of text.matchAll(
    /^(?:```|<!-- )python\n(# ([\w-]+\.py)\b.*?)^(?:```|-->)$/gms,
  )) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), source)
  }
}

function writeComponents(folder, text) {
  for (const [, source, name] of text.matchAll(
    /^```(?:vue|svelte)\b[^\n]*\n(<!-- ([\w-]+\.(?:vue|svelte)) -->\n.*?)^```$/gms,
  )) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), source)
  }
}

/**
 * Returns the ts blocks of a page. Empty lines precede each block, so that its lines keep their numbers of
 * the page.
 */
function blocksOf(text) {
  const blocks = []
  let lines
  let ending
  let block
  let failing
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (ending === undefined) {
      const fence = /^\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(line)
      if (fence !== null) {
        ending = fence[1]
        block = ['ts', 'tsx', 'typescript'].includes(fence[2]) ? start(index, lines, fence[3]) : undefined
        if (fence[2] === 'text' && failing !== undefined) {
          block = { lines: [], shows: true }
          failing.shown = block.lines
          failing = undefined
        }
      } else if (/^<!-- ts$/.test(line)) {
        ending = '-->'
        lines = Array(index + 1).fill('')
        block = { lines }
      }
    } else if (line.trim() === ending) {
      if (block !== undefined && ending !== '-->' && !block.shows) {
        const made = { ...block, name: nameOf(block) }
        blocks.push(made)
        lines = undefined
        if (made.fails) failing = made
      }
      ending = undefined
    } else block?.lines.push(line)
  }
  return blocks
}

function start(index, hidden, flags) {
  const lines = [...(hidden ?? [])]
  while (lines.length <= index) lines.push('')
  return {
    line: index + 1,
    first: index + 1,
    lines,
    ignored: /\bignore\b/.test(flags),
    fails: /\bfails\b/.test(flags),
  }
}

function nameOf({ lines, first }) {
  return /^\s*\/\/ ([\w./-]+\.tsx?)\b/.exec(lines[first] ?? '')?.[1]
}

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
    cwd: out,
    encoding: 'utf8',
  })
  process.stdout.write(
    stdout.replace(/^([^\s/(]+)\/[^(\n]+(?=\(\d+,\d+\))/gm, (all, folder) => pages.get(folder) ?? all),
  )
  console.log(
    `check-guides: ${checked} blocks of ${pages.size} pages, ${status === 0 ? 'all correct' : 'errors above'}`,
  )
  return status === 0 ? 0 : 1
}
