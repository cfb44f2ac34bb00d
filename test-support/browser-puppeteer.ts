import puppeteer, { type Browser as Driver, type KeyInput, type Page as Window } from 'puppeteer-core'
import type { Browser, RawPage } from './browsers.ts'
import { chromiumArguments, paths } from './engines.ts'
import { keys } from './keys.ts'

/** Chromium, which several processes can share. */
export interface Chromium extends Browser {
  /** Address for {@link connectChromium}. */
  readonly address: string
  open(url: string): Promise<ChromiumPage>
}

/** Window of Chromium, whose network can be switched off. */
export interface ChromiumPage extends RawPage {
  /** Fires `offline` or `online` and lets no new connection open; WebSockets that are open stay. */
  setOffline(offline: boolean): Promise<void>
}

/** Starts Chromium, over the DevTools protocol. */
export async function launchChromium(): Promise<Chromium> {
  const executablePath = paths.chromium
  return driven(await puppeteer.launch({ executablePath, args: chromiumArguments, defaultViewport: null }))
}

/** Uses a Chromium that runs; closing leaves it running. */
export async function connectChromium(browserWSEndpoint: string): Promise<Chromium> {
  const driver = await puppeteer.connect({ browserWSEndpoint, defaultViewport: null })
  return { ...driven(driver), close: () => driver.disconnect() }
}

/** Starts Firefox, over WebDriver BiDi. */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = paths.firefox
  return driven(await puppeteer.launch({ browser: 'firefox', executablePath, defaultViewport: null }))
}

function driven(driver: Driver): Chromium {
  return {
    address: driver.wsEndpoint(),
    open: async (url) => {
      const window = await driver.newPage({ type: 'window' })
      await window.goto(url)
      return pageOf(window)
    },
    close: () => driver.close(),
  }
}

function pageOf(window: Window): ChromiumPage {
  return {
    evaluate: (expression) => window.evaluate(expression),
    async press(pressed) {
      for (const key of pressed) {
        const special = names[key]
        if (special === undefined) await window.keyboard.type(key)
        else await window.keyboard.press(special)
      }
    },
    capture: () => window.screenshot({ encoding: 'base64' }),
    close: () => window.close(),
    setOffline: (offline) => window.setOfflineMode(offline),
  }
}

/** Puppeteer's names of WebDriver's special keys. */
const names: Record<string, KeyInput> = { [keys.enter]: 'Enter', [keys.escape]: 'Escape', [keys.tab]: 'Tab' }
