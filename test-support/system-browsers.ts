// Runs vitest's browser mode in the distribution's own browsers, without a driver or a download: a process
// for each page.
import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProviderOption } from 'vitest/node'
import { type Engine, paths, profileArguments, webkitEnvironment } from './engines.ts'
import { Processes } from './processes.ts'

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
