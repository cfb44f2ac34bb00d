// Users of the packages: empty folders outside the repository, in which npm installs packages as a user
// would.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'
import { run } from '../processes.mjs'
import { root } from '../repository.mjs'

const programs = join(root, 'tooling', 'packages', 'programs')

/** The folders of a run. */
export class Users {
  #place = realpathSync(mkdtempSync(join(tmpdir(), 'chat-packages-')))
  #registry

  constructor(registry) {
    this.#registry = registry
  }

  get place() {
    return this.#place
  }

  /** Makes an empty folder with its own package.json. */
  make(name, manifest = { type: 'module' }) {
    const folder = join(this.#place, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, ...manifest }))
    writeFileSync(join(folder, '.npmrc'), this.#registry.npmrc)
    return new User(folder)
  }

  remove() {
    rmSync(this.#place, { recursive: true, force: true, maxRetries: 5 })
  }
}

class User {
  constructor(folder) {
    this.folder = folder
  }

  /** Runs npm install, such as `install('@chat/core', '@chat/node-ws')`. */
  install(...args) {
    return this.run('npm', ['install', '--loglevel=error', ...args])
  }

  run(command, args, options = {}) {
    return run(command, args, { cwd: this.folder, ...options })
  }

  write(name, text) {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  read(name) {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  /** Copies files of tooling/packages/programs. */
  copy(...names) {
    for (const name of names) cpSync(join(programs, name), join(this.folder, name), { recursive: true })
  }

  /** Links modules of tooling/installed/packages, as if they were installed in this folder. One that is there stays. */
  link(...names) {
    const modules = ensureInstalled('packages')
    for (const name of names) {
      const link = join(this.folder, 'node_modules', name)
      if (existsSync(link)) continue
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(modules, name), link, 'junction')
    }
  }
}
