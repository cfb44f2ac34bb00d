// Runs vitest's browser mode in the distribution's own browsers: no driver, no download, just a process per page.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProviderOption } from 'vitest/node'

export type Engine = 'chromium' | 'firefox' | 'webkit'

/** What installs all three engines on Debian and Ubuntu. */
export const installCommand =
  'sudo apt-get install --no-install-recommends chromium firefox-esr webkit2gtk-driver xvfb'

const libraries = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'

const paths: Record<Engine, string> = {
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  webkit: process.env.MINIBROWSER ?? `/usr/lib/${libraries}/webkit2gtk-4.1/MiniBrowser`,
}

/** Which engines this machine has and which it lacks; WebKit also needs a display server, Xvfb. */
export function systemEngines(): { installed: Engine[]; missing: Engine[] } {
  const all = Object.keys(paths) as Engine[]
  const has = (engine: Engine): boolean =>
    existsSync(paths[engine]) && (engine !== 'webkit' || onPath('Xvfb'))
  return { installed: all.filter(has), missing: all.filter((engine) => !has(engine)) }
}

/** The provider for `test.browser.provider`: the instance's `browser` names the engine. */
export function systemBrowsers(): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'system',
    supportedBrowser: ['chromium', 'firefox', 'webkit'],
    providerFactory(project) {
      const engine = project.config.browser.name as Engine
      const processes = new Processes()
      return {
        name: 'system',
        supportsParallelism: false,
        getCommandsContext: () => ({}),
        openPage: (_session, url) => openPage(engine, url, processes),
        close: () => processes.end(),
      }
    },
  })
}

async function openPage(engine: Engine, url: string, processes: Processes): Promise<void> {
  const home = processes.temporaryFolder()
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home }
  if (engine === 'webkit') Object.assign(env, webkitEnvironment, { DISPLAY: await processes.display() })
  await processes.start(paths[engine], [...profileArguments(engine, home), url], env)
}

function profileArguments(engine: Engine, home: string): string[] {
  switch (engine) {
    case 'chromium':
      return [...chromiumArguments, `--user-data-dir=${home}`]
    case 'firefox':
      return ['--headless', '--no-remote', '--profile', home]
    case 'webkit':
      return ['--private']
  }
}

const chromiumArguments = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
]

const webkitEnvironment = {
  GDK_BACKEND: 'x11',
  LIBGL_ALWAYS_SOFTWARE: '1',
  NO_AT_BRIDGE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
}

function onPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)))
}

/** The processes and temporary folders of one engine, ended together. */
class Processes {
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

  /** The name of an X display, started on first use; Xvfb chooses a free number and writes it to descriptor 3. */
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
    // Detached, so that it leads a process group: /usr/bin/chromium is a shell script with children.
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
