import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/*
 * The distribution's Python, in which what the guides show runs, too.
 */

/** Not always the first one on the path. */
export const python = process.env['PYTHON'] ?? '/usr/bin/python3'

/** Modules that the guides need, and the packages of Debian and Ubuntu that have them. */
const packages = {
  channels: 'python3-django-channels',
  daphne: 'python3-daphne',
  websockets: 'python3-websockets',
}

/** Whether Python or one of its modules is missing, and what to say then: a test skips itself with both. In CI that is a failure. */
export function without(...modules: (keyof typeof packages)[]): [missing: boolean, reason: string] {
  const program = modules.map((name) => `import ${name}`).join('\n')
  const missing = spawnSync(python, ['-c', program], { stdio: 'ignore' }).status !== 0
  const wanted = ['python3', ...modules.map((name) => packages[name])].join(' ')
  const reason = `not on this machine; to install: sudo apt-get install --no-install-recommends ${wanted}`
  if (missing && process.env['CI']) throw new Error(reason)
  if (missing) console.warn(`\n${modules.join(', ') || 'Python'}: ${reason}\n`)
  return [missing, reason]
}

/** Runs a file, or `-c` and a program; rejects with the traceback when it fails. */
export async function runPython(folder: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(python, args, { cwd: folder })
}
