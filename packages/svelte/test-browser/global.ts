import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The page of the Svelte tests, as a server renders it. */
    svelteHtml: string
  }
}

/** Renders the page as a server does, for the test that takes it over. */
export default async function setup(project: TestProject): Promise<void> {
  const file = fileURLToPath(new URL('./support/render-page.ts', import.meta.url))
  const { renderPage } = await project.import<{ renderPage: () => string }>(file)
  project.provide('svelteHtml', renderPage())
}
