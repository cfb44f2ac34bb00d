import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

/*
 * Django Channels as the distribution has it: what a guide shows to come from runs, too.
 */

/** The distribution's Python, which is not always the first one on the path. */
const python = process.env['PYTHON'] ?? '/usr/bin/python3'

const installCommand = 'sudo apt-get install --no-install-recommends python3-django-channels python3-daphne'

/** Whether Channels is missing, and what to say then: a test skips itself with both. In CI that is a failure. */
export const withoutChannels = examine()

function examine(): [missing: boolean, reason: string] {
  const missing = spawnSync(python, ['-c', 'import channels, daphne'], { stdio: 'ignore' }).status !== 0
  const reason = `no Django Channels on this machine; to install: ${installCommand}`
  if (missing && process.env['CI']) throw new Error(reason)
  if (missing) console.warn(`\n${reason}\n`)
  return [missing, reason]
}

/** Starts an application of a folder under daphne, until the test is over; resolves with its address, `http://127.0.0.1:…`. */
export async function daphne(
  application: string,
  folder: string,
  variables: Record<string, string> = {},
): Promise<string> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...variables }
  const options = ['-m', 'daphne', '--bind', '127.0.0.1', '--port', '0', application]
  const child = spawn(python, options, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const said: string[] = []
  for await (const line of createInterface(child.stderr)) {
    said.push(line)
    const port = /Listening on TCP address 127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) {
      child.stderr.resume()
      return `http://127.0.0.1:${port}`
    }
  }
  throw new Error(`unable to start daphne:\n${said.join('\n')}`)
}

/** Runs an `async def` of a module of a folder; rejects with the traceback when it raises. */
export async function runAsync(folder: string, module: string, name: string): Promise<void> {
  const program = `import asyncio\nfrom ${module} import ${name}\nasyncio.run(${name}())`
  await promisify(execFile)(python, ['-c', program], { cwd: folder })
}
