// The distribution's own browsers: the installed engines, and the way each is started.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Engine = 'chromium' | 'firefox' | 'webkit'

/** Command that installs all three engines on Debian and Ubuntu. */
const installCommand =
  'sudo apt-get install --no-install-recommends chromium firefox-esr webkit2gtk-driver xvfb'

const libraries = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'

export const paths: Record<Engine, string> = {
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  webkit: process.env.MINIBROWSER ?? `/usr/lib/${libraries}/webkit2gtk-4.1/MiniBrowser`,
}

/** Engines that this machine has, and those that it lacks. WebKit also needs a display server, Xvfb. */
function systemEngines(): { installed: Engine[]; missing: Engine[] } {
  const all = Object.keys(paths) as Engine[]
  const has = (engine: Engine): boolean =>
    existsSync(paths[engine]) && (engine !== 'webkit' || onPath('Xvfb'))
  return { installed: all.filter(has), missing: all.filter((engine) => !has(engine)) }
}

/**
 * Returns the installed engines, in which the tests run. A missing engine is reported on the console; in CI it
 * is an error.
 */
export function enginesToTest(): Engine[] {
  if (process.env.BROWSERS === '0') return []
  const { installed, missing } = systemEngines()
  if (missing.length > 0) {
    const report = `browser tests: no ${missing.join(', no ')} on this machine; to install: ${installCommand}`
    if (process.env.CI) throw new Error(`${report} (or leave browsers out with BROWSERS=0)`)
    console.warn(`\n${report}\n`)
  }
  return installed
}

export function profileArguments(engine: Engine, home: string): string[] {
  switch (engine) {
    case 'chromium':
      return [...chromiumArguments, `--user-data-dir=${home}`]
    case 'firefox':
      return ['--headless', '--no-remote', '--profile', home]
    case 'webkit':
      return ['--private']
  }
}

/** Arguments of Chromium, besides its profile. */
export const chromiumArguments = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const webkitEnvironment = {
  GDK_BACKEND: 'x11',
  LIBGL_ALWAYS_SOFTWARE: '1',
  NO_AT_BRIDGE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
}

function onPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)))
}
