// The runtimes that tests can be asked to run in, and where each of them is. None but the Node that runs this is taken from the machine: npm brings them, in versions
// that a lock file names.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'

const tool = (within, ...path) => join(ensureInstalled(within), ...path)
const node = (major) => () =>
  tool('runtimes', `node-${major}-${process.platform}-${process.arch}`, 'bin', 'node')

/** Where each runtime is, by name. Asked for only when something wants it: the first time, it is installed then. */
const places = {
  // Node 20 is for the one who runs this to bring.
  'node 20': () => '',
  'node 22': node(22),
  'node 24': node(24),
  'node 26': node(26),
  bun: () => tool('runtimes', '.bin', 'bun'),
  workerd: () => tool('workerd', '.bin', 'workerd'),
  deno: () => tool('runtimes', '.bin', 'deno'),
}

/** The Node that runs this. */
export const current = `node ${process.versions.node.split('.')[0]}`

const found = new Map()

/** A runtime: its name, its kind (`node`, `bun`, …), its version, a title, and its command; `null` when there is none for this machine. */
export function findRuntime(name) {
  if (!found.has(name)) found.set(name, look(name))
  return found.get(name)
}

function look(name) {
  const command = name === current ? process.execPath : places[name]?.()
  if (command === undefined) throw new RangeError(`unable to find a runtime: there is no "${name}"`)
  if (!existsSync(command)) return null
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  const version = /\d+(?:[.-]\d+)+/.exec(stdout)?.[0]
  if (version === undefined) return null
  const kind = name.split(' ')[0]
  return { name, kind, version, title: `${kind} ${version}`, command }
}
