import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The example as a separate process, as users start it. */
export interface Example {
  /** The URL that the example has printed. */
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** Sends a signal to end it, and resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** The output of a process that has ended, and its exit code. */
export interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/**
 * Starts the example, on a free port if none is given, and waits until it listens. `start.ts` runs the server of
 * `demo.ts` as a child, and restarts it; `npm start` runs `start.ts`.
 */
export async function startExample(
  env: Record<string, string> = {},
  by: 'demo.ts' | 'start.ts' | 'npm start' = 'demo.ts',
): Promise<Example> {
  const child = by === 'npm start' ? runNpm(withFile(env)) : run(withFile(env), by)
  const ended = outcome(child)
  const listening = new Promise<string>((resolve) =>
    child.stdout?.on('data', (chunk) => {
      const [url] = /http:\S+/.exec(String(chunk)) ?? []
      if (url !== undefined) resolve(url)
    }),
  )
  const failed = ended.then(({ errors }) => {
    throw new Error(`unable to start the example: ${errors}`)
  })
  const url = await Promise.race([listening, failed])
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return (await ended).code
    },
  }
}

/** Starts the example and waits for its end. */
export const runExample = (env: Record<string, string>): Promise<Ended> => outcome(run(withFile(env)))

/** Adds a free port, and a file that no other process has, to the environment where it names none. */
const withFile = (env: Record<string, string>): Record<string, string> => ({
  PORT: '0',
  DATA: join(temporaryFolder(), 'chat.db'),
  ...env,
})

const folders: string[] = []
process.once('exit', () => {
  for (const each of folders) rmSync(each, { recursive: true, force: true })
})

/** Makes an empty folder that ends with the tests. */
export function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'chat-example-'))
  folders.push(made)
  return made
}

const runNpm = (env: Record<string, string>): ChildProcess =>
  spawn('npm', ['start'], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })

function run(env: Record<string, string>, program = 'demo.ts'): ChildProcess {
  // The same command as in the start script of package.json.
  const args = ['--import', 'tsx', '--conditions=@chat/source', program]
  return spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function outcome(child: ChildProcess): Promise<Ended> {
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const [code] = await once(child, 'close')
  return { code, output, errors }
}
