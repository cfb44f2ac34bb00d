import { bundlePath, bundleProgram } from '../bundle-program.ts'

/** The program of a hub in one file. */
export const hubBundle: string = bundlePath('brokers', 'hub-program')

/** Makes the bundle before a run. */
export const setup = (): Promise<void> => bundleProgram('brokers', 'hub-program')
