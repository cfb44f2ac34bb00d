import { launchChromium } from '../../test-support/browser-puppeteer.ts'
import { enginesToTest } from '../../test-support/engines.ts'

interface Runner {
  provide(key: 'chromium', address: string): void
}

/** Starts a single Chromium for all examples, because a start takes longer than a test. */
export default async function setup({ provide }: Runner): Promise<(() => Promise<void>) | undefined> {
  if (!enginesToTest().includes('chromium')) return undefined
  const { address, close } = await launchChromium()
  provide('chromium', address)
  return close
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the DevTools protocol of Chromium. */
    readonly chromium: string
  }
}
