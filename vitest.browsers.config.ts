import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { type Engine, enginesToTest } from './test-support/engines.ts'
import { onSources, sources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'
import { systemBrowsers } from './test-support/system-browsers.ts'

// Tests inside pages, and tests that look at pages, in Chromium, Firefox and WebKit. Started by
// `npm run test:browsers`.

const pages: TestProjectInlineConfiguration = {
  ...onSources,
  test: {
    name: 'pages',
    include: ['{packages,examples}/*/test/*.browsers.ts'],
    environment: 'node',
    ...patience,
  },
}

export default defineConfig({
  test: {
    reporters: ['default', new OutcomeReporter(), './tooling/docs/conformance-reporter.mjs'],
    projects: [pages, ...inPages(enginesToTest())],
  },
})

function inPages(engines: Engine[]): TestProjectInlineConfiguration[] {
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
