import type { TestProject } from 'vitest/node'
import { TestServer } from './support/server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the server is that the pages talk to. */
    server: string
  }
}

/** Starts what the browser tests talk to, once for all engines, and returns what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = new TestServer()
  project.provide('server', await server.listen())
  return () => server.close()
}
