import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'
import react from '@vitejs/plugin-react'
import { createServer as createVite, defaultClientConditions } from 'vite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { launch, Page } from '../../../test-support/browsers.ts'
import { enginesToTest } from '../../../test-support/engines.ts'

const files = {
  'index.html': '<!doctype html><div id="root"></div><script type="module" src="/main.tsx"></script>',
  'main.tsx': `
import { connect } from '@chat/browser'
import { ChatProvider } from '@chat/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Lobby } from './lobby.tsx'

const App = () => <ChatProvider client={() => connect('/chat', { token: 'alice' })}><Lobby /></ChatProvider>
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>)
`,
  'lobby.tsx': `
import { useMessages, useRoom } from '@chat/react'
import { useState } from 'react'

export function Lobby() {
  const { items, state } = useMessages(useRoom('#lobby'), 'say')
  return <p>before: {state} {items.map(({ data }) => data).join()}</p>
}
`,
}

/** Starts Vite with a page in a folder of its own, and a hub beside hot reloading. */
async function start() {
  const folder = mkdtempSync(fileURLToPath(new URL('../.hot-', import.meta.url)))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const moves: string[] = []
  const hub = new Hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
  hub.on('$connect', () => moves.push('connect'))
  hub.on('$join', ({ address }) => moves.push(`join ${address}`))
  hub.on('$leave', ({ address }) => moves.push(`leave ${address}`))
  const server = createServer()
  const vite = await createVite({
    configFile: false,
    root: folder,
    cacheDir: join(folder, '.vite'),
    logLevel: 'error',
    plugins: [react()],
    resolve: { conditions: ['@chat/source', ...defaultClientConditions] },
    server: { middlewareMode: true, hmr: { server } },
  })
  server.on('request', vite.middlewares)
  attach(hub, server, { path: '/chat' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await hub.close()
    await vite.close()
    server.close()
    server.closeAllConnections()
  })
  const change = (from: string, to: string): void => {
    const file = join(folder, 'lobby.tsx')
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hub, moves, change }
}

describe.skipIf(!enginesToTest().includes('chromium'))('hot reloading in Chromium [needs it]', () => {
  test('a component that is edited, or mounted anew, keeps its room: the hub hears of neither', async () => {
    const { url, hub, moves, change } = await start()
    const browser = await launch('chromium')
    onTestFinished(() => browser.close())
    const page = new Page(await browser.open(url))
    await hub.to('#lobby').send('say', 'hi')
    await page.until(`document.querySelector('p')?.innerText === 'before: live hi'`, 60_000)
    await page.evaluate('(window.isSamePage = true)')
    moves.splice(0)

    change('before', 'edited')
    await page.until(`document.querySelector('p')?.innerText === 'edited: live hi'`, 60_000)
    // With another hook, React mounts the component anew.
    change('  return', '  useState(0)\n  return')
    change('edited', 'mounted anew')
    await page.until(`document.querySelector('p')?.innerText === 'mounted anew: live hi'`, 60_000)
    // A room is left two seconds after its last component.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await hub.to('#lobby').send('say', 'and now')
    await page.until(`document.querySelector('p')?.innerText === 'mounted anew: live hi,and now'`)
    expect(await page.evaluate('window.isSamePage')).toBe(true)
    expect(moves).toEqual([])
  }, 180_000)
})
