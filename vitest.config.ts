import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { type Engine, installCommand, systemBrowsers, systemEngines } from './test-support/system-browsers.ts'

// Tests run on the sources: '@chat/source' is the first condition, so no build is needed.
const conditions = ['@chat/source', 'module', 'development|production']

export default defineConfig({
  test: {
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text', 'json-summary'] },
    projects: [
      ...['core', 'node-ws', 'testing', 'browser'].map((name) => onNode(name, `packages/${name}/test`)),
      onNode('example', 'examples/express/test'),
      ...inBrowsers(engines()),
    ],
  },
})

function onNode(name: string, folder: string): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: [...conditions, 'node'] },
    ssr: { resolve: { conditions: [...conditions, 'node'] } },
    test: { name, include: [`${folder}/**/*.test.ts`], environment: 'node' },
  }
}

function inBrowsers(engines: Engine[]): TestProjectInlineConfiguration[] {
  if (engines.length === 0) return []
  return [
    {
      resolve: { conditions: [...conditions, 'browser'] },
      // The server that the pages talk to is started by vitest itself, on Node.
      environments: { __vitest__: { resolve: { conditions: [...conditions, 'node'] } } },
      test: {
        name: 'engines',
        include: ['packages/browser/test-browser/**/*.test.ts'],
        globalSetup: ['packages/browser/test-browser/global.ts'],
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: systemBrowsers(),
          instances: engines.map((browser) => ({ browser })),
        },
      },
    },
  ]
}

/** The browsers to test in: the installed ones. A missing one is said aloud, and is a failure in CI. */
function engines(): Engine[] {
  if (process.env.BROWSERS === '0') return []
  const { installed, missing } = systemEngines()
  if (missing.length > 0) {
    const report = `browser tests: no ${missing.join(', no ')} on this machine; to install: ${installCommand}`
    if (process.env.CI) throw new Error(`${report} (or leave browsers out with BROWSERS=0)`)
    console.warn(`\n${report}\n`)
  }
  return installed
}
