// Finds the runtimes for tests. Only the current Node comes from the machine. npm installs the other
// runtimes, in the versions of a lock file.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'

const tool = (within, ...path) => join(ensureInstalled(within), ...path)
const node = (major) => () =>
  tool('runtimes', `node-${major}-${process.platform}-${process.arch}`, 'bin', 'node')

/** Path of each runtime, by name. A runtime is installed when its path is needed for the first time. */
const places = {
  // Node 20 is not installed: run the tests with Node 20 to test it.
  'node 20': () => '',
  'node 22': node(22),
  'node 24': node(24),
  'node 26': node(26),
  bun: () => tool('runtimes', '.bin', 'bun'),
  workerd: () => tool('workerd', '.bin', 'workerd'),
  deno: () => tool('runtimes', '.bin', 'deno'),
}

/** Name of the current Node. */
export const current = `node ${process.versions.node.split('.')[0]}`

const found = new Map()

/**
 * Returns a runtime: its name, its kind (`node`, `bun`, …), its version, a title, and its command; `null`
 * when it is not available on this machine.
 */
export function findRuntime(name) {
  if (!found.has(name)) found.set(name, look(name))
  return found.get(name)
}

function look(name) {
  const command = name === current ? process.execPath : places[name]?.()
  if (command === undefined) throw new RangeError(`unable to find a runtime: there is no runtime "${name}"`)
  if (!existsSync(command)) return null
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  const version = /\d+(?:[.-]\d+)+/.exec(stdout)?.[0]
  if (version === undefined) return null
  const kind = name.split(' ')[0]
  return { name, kind, version, title: `${kind} ${version}`, command }
}
