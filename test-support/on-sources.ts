/** Conditions by which imports of the packages resolve to their sources, so that no build is needed. */
export const sources = ['@chat/source', 'module', 'development|production']

/** Module resolution for tests that run on Node. */
export const onSources = {
  resolve: { conditions: [...sources, 'node'] },
  ssr: { resolve: { conditions: [...sources, 'node'] } },
}
