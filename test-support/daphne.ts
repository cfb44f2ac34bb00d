import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { python } from './python.ts'

/**
 * Serves an ASGI application of a folder with daphne until the test ends. Resolves with its address,
 * `http://127.0.0.1:…`.
 */
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
