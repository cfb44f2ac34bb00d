import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Engine } from './engines.ts'
import { onSources, sources } from './on-sources.ts'
import { patience } from './patience.ts'
import { systemBrowsers } from './system-browsers.ts'

/** Returns the project of the tests that run inside pages, in each of the engines; none without an engine. */
export function inEngines(engines: Engine[]): TestProjectInlineConfiguration[] {
  if (engines.length === 0) return []
  return [
    {
      plugins: [svelte({ configFile: false })],
      resolve: { conditions: [...sources, 'browser'] },
      // Vue warns in each page when its flags are not set.
      define: {
        __VUE_OPTIONS_API__: true,
        __VUE_PROD_DEVTOOLS__: false,
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
      },
      // Vitest starts the server of the pages on Node.
      environments: { __vitest__: { resolve: onSources.resolve } },
      test: {
        name: 'engines',
        ...patience,
        include: ['packages/{browser,react,vue,svelte}/test-browser/**/*.test.{ts,tsx}'],
        globalSetup: ['packages/browser/test-browser/global.ts', 'packages/svelte/test-browser/global.ts'],
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
