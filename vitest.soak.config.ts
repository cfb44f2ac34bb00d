import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'

// One long run of hubs that restart, with clients behind a proxy that applies faults. Started by `npm run soak`.

export default defineConfig({
  ...onSources,
  test: {
    include: ['test-support/soak/*.soak.ts'],
    environment: 'node',
    globalSetup: ['test-support/brokers/hub-bundle.ts'],
    testTimeout: 86_400_000,
    disableConsoleIntercept: true,
    reporters: ['verbose'],
  },
})
