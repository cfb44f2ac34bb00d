// Import rules of packages/*/src for dependency-cruiser (`npm run imports`). An import of types counts like any other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const source = 'packages/core/src'

/**
 * Rooms of core, from the ground up: each folder of its src, and the rooms that its files may import besides their own. The entries in src
 * itself may import every room, and no room may import them.
 */
const ground = ['vocabulary', 'contract', 'runtime', 'protocol', 'transport', 'backplane', 'log']
const rooms = {
  vocabulary: [],
  contract: ['vocabulary'],
  runtime: ['vocabulary'],
  protocol: ['vocabulary', 'runtime'],
  transport: ['vocabulary', 'runtime'],
  backplane: ['vocabulary', 'runtime', 'log'],
  log: ['vocabulary', 'runtime'],
  memory: ['vocabulary', 'runtime', 'transport', 'backplane', 'log'],
  client: ground,
  // A hub without a backplane keeps its log in memory.
  hub: [...ground, 'memory'],
}

/** Floors of a room, from the ground up: a folder or file imports only the floors below its own, and its own folder. */
const floors = {
  hub: [
    ['observation'],
    ['options'],
    ['resolve-options'],
    ['events', 'identity', 'contract-names'],
    ['hub-listeners', 'timed-validator', 'hinting-validator'],
    ['context', 'content'],
    ['in-time'],
    ['nodes'],
    ['connections'],
    ['delivery'],
    ['streams'],
    ['presence'],
    ['sessions'],
    ['policy'],
    ['operations'],
    ['handshake', 'target'],
    ['drain', 'node-texts'],
    ['hub'],
    ['hub-constructor'],
  ],
  client: [
    ['types', 'listeners', 'ask-answers', 'operation', 'outbox-types', 'position-storage'],
    ['send-keeper'],
    ['snapshot', 'presence', 'message-cursor', 'stream-reader', 'stream-reading', 'stream-sender'],
    ['observation'],
    ['events', 'options'],
    ['option-rules'],
    ['context'],
    ['connection'],
    ['operations'],
    ['subscriptions'],
    ['outbox'],
    ['streams'],
    ['protocol-session'],
    ['client'],
    ['client-constructor'],
    ['handle-ask'],
  ],
}

/** Folders whose files may import Node's modules. */
const onNode = ['packages/node-ws/src', 'packages/http/src/node', 'packages/redis/src']

const packages = readdirSync('packages')
  .filter((name) => existsSync(`packages/${name}/package.json`))
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8')) }))

export default {
  forbidden: [
    ...roomRules(),
    ...floorRules(),
    ...packages.flatMap(packageRules),
    ...moduleRules(),
    ...cycleRules(),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@chat/source', 'import', 'types', 'default'],
    },
  },
}

function roomRules() {
  const each = Object.entries(rooms).map(([room, allowed]) =>
    rule(`${room}-room`, `core's ${room}/ imports only: ${[room, ...allowed].join(', ')}`, {
      from: { path: below(`${source}/${room}`) },
      to: { path: below(source), pathNot: [room, ...allowed].map((name) => below(`${source}/${name}`)) },
    }),
  )
  const known = Object.keys(rooms).map((room) => below(`${source}/${room}`))
  const unknown = rule(
    'unknown-room',
    'every folder of core has a row in `rooms` of .dependency-cruiser.mjs',
    {
      from: { path: `^${source}/[^/]+/`, pathNot: known },
      to: {},
    },
  )
  return [...each, unknown]
}

function floorRules() {
  return Object.entries(floors).flatMap(([room, ordered]) => {
    const each = ordered.flatMap((names, floor) =>
      names.map((name) => floorRule(room, name, [name, ...ordered.slice(0, floor).flat()])),
    )
    return [...each, unknownFloorRule(room, ordered.flat())]
  })
}

function floorRule(room, name, allowed) {
  const folder = `${source}/${room}`
  return rule(`${room}-${name}-floor`, `the ${room}'s ${name} imports only: ${allowed.join(', ')}`, {
    from: { path: `^${folder}/${name}(/|\\.ts$)` },
    to: { path: below(folder), pathNot: `^${folder}/(${allowed.join('|')})(/|\\.ts$)` },
  })
}

function unknownFloorRule(room, known) {
  const folder = `${source}/${room}`
  return rule(
    `unknown-${room}-floor`,
    `every file and folder of the ${room} is in the floors of .dependency-cruiser.mjs`,
    {
      from: { path: below(folder), pathNot: `^${folder}/(${known.join('|')})(/|\\.ts$)` },
      to: {},
    },
  )
}

/** A package imports its own files by relative paths inside src, and of other packages only the entries of those it declares. */
function packageRules({ name, manifest }) {
  const declared = packages.filter((other) => isDeclared(manifest, other.manifest.name))
  const from = { path: below(`packages/${name}/src`) }
  return [
    rule(
      `${name}-packages`,
      `of our packages ${manifest.name} imports only declared ones, and of those only entries`,
      {
        from,
        to: { path: '^packages/', pathNot: [below(`packages/${name}/src`), ...declared.flatMap(entriesOf)] },
      },
    ),
    rule(`${name}-relative`, 'relative imports stay inside src', {
      from,
      to: { dependencyTypes: ['local'], pathNot: below(`packages/${name}/src`) },
    }),
    rule(`${name}-itself`, 'a package imports its own files by relative paths', {
      from,
      to: { path: below(`packages/${name}/src`), dependencyTypesNot: ['local'] },
    }),
  ]
}

function moduleRules() {
  return [
    rule('unresolvable', 'the module exists, and is an entry of its package', {
      from: {},
      to: { couldNotResolve: true },
    }),
    rule('undeclared', "a package imports only what its manifest's dependencies or peerDependencies name", {
      from: {},
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'npm-bundled'],
        // An optional peer is a devDependency, too, so that its package can be tested.
        dependencyTypesNot: ['npm-peer'],
      },
    }),
    rule('everywhere', 'this code runs everywhere, so it imports no module of Node', {
      from: { path: '^packages/', pathNot: onNode.map(below) },
      to: { dependencyTypes: ['core'] },
    }),
    rule('one-emitter', 'only runtime/ imports eventemitter3', {
      from: { pathNot: below(`${source}/runtime`) },
      to: { path: '^node_modules/eventemitter3/' },
    }),
    rule('runtime-modules', 'runtime/ imports no package but eventemitter3', {
      from: { path: below(`${source}/runtime`) },
      to: { pathNot: [below(source), '^node_modules/eventemitter3/'] },
    }),
    rule('conformance-modules', 'the suites import no package but @chat/core: any runner, any transport', {
      from: { path: below('packages/testing/src/conformance') },
      to: { pathNot: [below('packages/testing/src'), below(source)] },
    }),
  ]
}

function cycleRules() {
  return [
    rule(
      'cycle',
      'files that import each other, or the types of each other, cannot be read or tested by themselves',
      {
        from: {},
        to: { circular: true },
      },
    ),
  ]
}

function rule(name, comment, { from, to }) {
  return { name, comment, severity: 'error', from, to }
}

function below(folder) {
  return `^${folder}/`
}

function isDeclared({ dependencies, peerDependencies, optionalDependencies }, name) {
  return name in { ...dependencies, ...peerDependencies, ...optionalDependencies }
}

/** The sources of a package's entries, as patterns. */
function entriesOf({ name, manifest }) {
  return Object.values(manifest.exports)
    .filter((target) => target['@chat/source'] !== undefined)
    .map((target) => `^packages/${name}/${target['@chat/source'].slice(2).replaceAll('.', '\\.')}$`)
}
