// Who may import whom. Hoisting hides undeclared imports and TypeScript allows every cycle, so this reads all imports in packages/*/src:
//   - a package imports only what its manifest declares, public entries only, and its own files only inside src;
//   - node:* only where `nodeAllowed` says so;
//   - inside a package, layers import only the layers below them (`layers`); `import type` counts;
//   - no cycles of imports that run (a cycle closed by `import type` runs nothing and is allowed).
// Fails with file:line and the reason.
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import { filesBelow, packages, root } from './packages.mjs'

/** Where Node's modules may be imported: package → path prefixes inside src ('' is all of it). */
const nodeAllowed = {
  'node-ws': [''],
  http: ['node/'],
  testing: ['node/'],
}

const contracts = ['protocol', 'transport', 'backplane', 'log']
const below = ['vocabulary', 'contract', 'runtime', ...contracts]

/**
 * The layers of core: a file of src's root or a folder → the layers it may import, besides itself.
 * A layer that is not in the table is a failure: put it where it belongs.
 */
const coreLayers = {
  vocabulary: [],
  contract: ['vocabulary'],
  runtime: ['vocabulary'],
  protocol: ['vocabulary', 'runtime'],
  transport: ['vocabulary', 'runtime'],
  backplane: ['vocabulary', 'runtime'],
  log: ['vocabulary', 'runtime'],
  // A hub without a backplane of its own keeps its log in memory.
  hub: [...below, 'memory'],
  client: below,
  memory: ['vocabulary', 'runtime', 'transport', 'backplane', 'log'],
  index: [...below, 'hub', 'client', 'memory'],
}

/** Package → its layers. Packages without a row have no layers inside. */
const layers = { core: coreLayers }

/** Folder → the only modules, besides relative ones, that its files may import. */
const onlyModules = {
  'packages/core/src/runtime': ['eventemitter3'],
  'packages/testing/src/conformance': ['@chat/core'],
}

/** Module → the only folder that may import it. */
const onlyFrom = {
  eventemitter3: 'packages/core/src/runtime',
}

const all = packages()
const problems = []
const edges = new Map()

for (const pack of all) {
  for (const file of filesBelow(join(pack.folder, 'src')).filter((path) => path.endsWith('.ts'))) {
    checkLayerKnown(pack, file)
    for (const found of importsOf(file)) check(pack, file, found)
  }
}
reportCycles()

for (const problem of problems) console.error(problem)
console.log(`check-imports: ${edges.size} files, ${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)

function check(pack, file, found) {
  if (found.name.startsWith('.')) checkRelative(pack, file, found)
  else if (isBuiltin(found.name)) checkNode(pack, file, found)
  else checkModule(pack, file, found)
}

function checkRelative(pack, file, found) {
  const source = join(pack.folder, 'src')
  const target = resolve(dirname(file), found.name)
  if (!target.startsWith(source + sep)) return report(file, found, `${found.name} leaves the package's src`)
  if (!existsSync(target)) return report(file, found, `${found.name} does not exist`)
  checkLayers(pack, file, found, target)
  if (!found.typeOnly) edges.get(file).push({ target, found })
}

function checkLayers(pack, file, found, target) {
  const from = layerOf(pack, file)
  const to = layerOf(pack, target)
  const allowed = layers[pack.name]?.[from]
  if (allowed === undefined || from === to || allowed.includes(to)) return
  const may = allowed.length > 0 ? allowed.join(', ') : 'nothing'
  report(file, found, `${from} may not import ${to} (it may import ${may})`)
}

function checkLayerKnown(pack, file) {
  edges.set(file, [])
  const layer = layerOf(pack, file)
  if (layers[pack.name] === undefined || layers[pack.name][layer] !== undefined) return
  problems.push(`${relative(root, file)}:1: "${layer}" has no row in the table of scripts/check-imports.mjs`)
}

function checkNode(pack, file, found) {
  if (!found.name.startsWith('node:')) return report(file, found, `write node:${found.name}`)
  const path = relative(join(pack.folder, 'src'), file).split(sep).join('/')
  if ((nodeAllowed[pack.name] ?? []).some((prefix) => path.startsWith(prefix))) return
  report(file, found, `${found.name} may not be imported here: this code runs everywhere`)
}

function checkModule({ manifest }, file, found) {
  const name = found.name.split('/', found.name.startsWith('@') ? 2 : 1).join('/')
  const declared = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  }
  if (name === manifest.name) return report(file, found, 'a package imports its own files by relative paths')
  if (declared[name] === undefined) {
    report(file, found, `${name} is not in the dependencies of ${manifest.name}`)
  }
  checkPublic(file, found, name)
  checkFolders(file, found, name)
}

/** Of our own packages only entries in `exports` may be imported. */
function checkPublic(file, found, name) {
  const target = all.find(({ manifest }) => manifest.name === name)
  const entry = `.${found.name.slice(name.length)}`
  if (target === undefined || entry in target.manifest.exports) return
  report(file, found, `${found.name} is not a public entry of ${name}`)
}

function checkFolders(file, found, name) {
  const path = relative(root, file).split(sep).join('/')
  for (const [folder, modules] of Object.entries(onlyModules)) {
    if (!path.startsWith(`${folder}/`) || modules.includes(found.name)) continue
    report(file, found, `files in ${folder} may import only ${modules.join(', ')} and each other`)
  }
  const home = onlyFrom[name]
  if (home !== undefined && !path.startsWith(`${home}/`)) {
    report(file, found, `${name} may be imported only in ${home}`)
  }
}

/** The first folder below src, or the file's name when it lies in src itself. */
function layerOf(pack, file) {
  return relative(join(pack.folder, 'src'), file).split(sep)[0].replace(/\.ts$/, '')
}

/** Every import and re-export of a file: `{ name, line, typeOnly }`. */
function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = []
  const add = (specifier, typeOnly) => {
    const { line } = source.getLineAndCharacterOfPosition(specifier.getStart(source))
    found.push({ name: specifier.text, line: line + 1, typeOnly })
  }
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true)
    else if (isDynamicImport(node)) add(node.arguments[0], false)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isDynamicImport(node) {
  return (
    ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.ImportKeyword &&
    node.arguments.length > 0 &&
    ts.isStringLiteralLike(node.arguments[0])
  )
}

/** Depth-first: an import of a file that is still being visited closes a cycle. */
function reportCycles() {
  const state = new Map()
  const path = []
  const visit = (file) => {
    state.set(file, 'open')
    path.push(file)
    for (const { target, found } of edges.get(file) ?? []) {
      if (state.get(target) === 'open') reportCycle(file, found, path.slice(path.indexOf(target)))
      else if (!state.has(target)) visit(target)
    }
    path.pop()
    state.set(file, 'done')
  }
  for (const file of edges.keys()) if (!state.has(file)) visit(file)
}

function reportCycle(file, found, cycle) {
  const names = [...cycle, cycle[0]].map((path) => relative(root, path)).join(' → ')
  report(file, found, `closes an import cycle: ${names} (types: use import type)`)
}

function report(file, { line }, reason) {
  problems.push(`${relative(root, file)}:${line}: ${reason}`)
}
