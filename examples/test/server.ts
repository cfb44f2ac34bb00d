import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A running example, started as a user would start it. */
export interface Server {
  /** URL of the server: the first line that it printed. */
  readonly url: string
  /** Asks the server to stop. Resolves with its exit code. */
  stop(): Promise<number | null>
  /** Kills the server. */
  kill(): void
}

/** Starts an example with one of its scripts and waits until it prints its URL. Default port: a free port. */
export async function start(
  folder: string,
  script: 'start' | 'dev' | 'production' = 'start',
  port = '0',
): Promise<Server> {
  const child = spawn('npm', ['run', script], {
    cwd: folder,
    env: { ...process.env, PORT: port, NO_COLOR: '1', FORCE_COLOR: undefined },
    // A separate process group: a kill then also ends the processes that npm has started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  return { url: await address(child, exit), stop: () => stop(child, exit), kill: () => killGroup(child) }
}

async function address(child: ChildProcess, exit: Promise<number | null>): Promise<string> {
  let written = ''
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        written += chunk
        const [url] = /http:\/\/[^\s/]+:\d+/.exec(written) ?? []
        if (url !== undefined) resolve(url)
      })
  })
  const failed = exit.then((code) => {
    throw new Error(`unable to start the example: it ended with ${code}\n${written}`)
  })
  return Promise.race([listening, failed])
}

function stop(child: ChildProcess, exit: Promise<number | null>): Promise<number | null> {
  child.kill('SIGTERM')
  return exit
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  process.kill(-pid, 'SIGKILL')
}
