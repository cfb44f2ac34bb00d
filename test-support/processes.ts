import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The processes and temporary folders of an engine, ended together. */
export class Processes {
  #running = new Set<ChildProcess>()
  #folders: string[] = []
  #display: Promise<string> | undefined

  temporaryFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'chat-browser-'))
    this.#folders.push(folder)
    return folder
  }

  async start(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
    const child = this.#spawn(command, args, env, 'ignore')
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  }

  /**
   * Returns the name of an X display, which starts on first use. Xvfb chooses a free number and writes it to
   * descriptor 3.
   */
  display(): Promise<string> {
    this.#display ??= new Promise((resolve, reject) => {
      const args = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp']
      const child = this.#spawn('Xvfb', args, process.env, 'pipe')
      child.once('error', reject)
      child.stdio[3]?.once('data', (number) => resolve(`:${String(number).trim()}`))
    })
    return this.#display
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running].map(kill))
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #spawn(command: string, args: string[], env: NodeJS.ProcessEnv, third: 'ignore' | 'pipe'): ChildProcess {
    // A detached process leads a process group; /usr/bin/chromium is a shell script with children.
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'ignore', 'ignore', third] })
    this.#running.add(child)
    return child
  }
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const { pid } = child
    if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    process.kill(-pid, 'SIGKILL')
  })
}
