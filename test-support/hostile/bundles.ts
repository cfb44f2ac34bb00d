import { bundleProgram } from '../bundle-program.ts'

/** Makes the bundles of the programs before a run. */
export async function setup(): Promise<void> {
  await Promise.all(['victim-program', 'innocent-program'].map((name) => bundleProgram('hostile', name)))
}
