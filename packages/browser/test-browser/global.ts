import type { TestProject } from 'vitest/node'
import { TestServer } from './support/server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the server that the pages use. */
    server: string
  }
}

/** Starts the server of the browser tests, once for all engines, and returns a function that stops it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = new TestServer()
  project.provide('server', await server.listen())
  return () => server.close()
}
