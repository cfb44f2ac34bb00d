import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/* The distribution's Python, which runs the Python code of the guides. */

/** Path of the distribution's Python, which need not be the first Python on the PATH. */
export const python = process.env['PYTHON'] ?? '/usr/bin/python3'

/** Modules that the guides need, with their packages on Debian and Ubuntu. */
const packages = {
  channels: 'python3-django-channels',
  daphne: 'python3-daphne',
  websockets: 'python3-websockets',
}

/**
 * Returns `true` and a reason when Python or a module is missing; a test skips itself with both. @throws
 * Error in CI when a module is missing.
 */
export function without(...modules: (keyof typeof packages)[]): [missing: boolean, reason: string] {
  const program = modules.map((name) => `import ${name}`).join('\n')
  const missing = spawnSync(python, ['-c', program], { stdio: 'ignore' }).status !== 0
  const wanted = ['python3', ...modules.map((name) => packages[name])].join(' ')
  const reason = `not on this machine; to install: sudo apt-get install --no-install-recommends ${wanted}`
  if (missing && process.env['CI']) throw new Error(reason)
  if (missing) console.warn(`\n${modules.join(', ') || 'Python'}: ${reason}\n`)
  return [missing, reason]
}

/** Runs a file, or a program after `-c`. Rejects with the traceback when it fails. */
export async function runPython(folder: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(python, args, { cwd: folder })
}
