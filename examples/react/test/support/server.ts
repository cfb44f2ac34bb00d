import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '@chat/core'
import { connect } from '@chat/node-ws'
import { build } from 'vite'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { type Chat, chat } from '../../contract.ts'

const folder = fileURLToPath(new URL('../..', import.meta.url))

/** The example in production, in a process of its own. */
export interface Server {
  readonly url: string
  /** Signs a user in, and connects a client without a page. */
  enter(user: string): Promise<Client<Chat>>
  /** Returns a proxy in front of the server, which can break the connections of a page. */
  throughProxy(): Promise<{ readonly url: string; reset(): void }>
  close(): Promise<void>
}

/** Builds the page, and starts the server. */
export async function startServer(): Promise<Server> {
  const place = mkdtempSync(join(tmpdir(), 'chat-react-'))
  const outDir = join(place, 'dist')
  await build({ root: folder, logLevel: 'warn', build: { outDir, emptyOutDir: true } })
  const env = { ...process.env, NODE_ENV: 'production', PORT: '0', PACE: '150', TOKEN_LIFETIME: '5s' }
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    '--conditions=@chat/source',
    join(folder, 'server.ts'),
  ]
  const child = spawn(process.execPath, args, { cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await urlOf(child)
  const clients: Client<Chat>[] = []
  const proxies: FaultProxy[] = []
  return {
    url,
    async enter(user) {
      const login = await fetch(`${url}/auth/${user}/login`, { method: 'POST' })
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
      const token = async (): Promise<string> =>
        (await fetch(`${url}/auth/${user}/token`, { method: 'POST', headers: { cookie } })).text()
      const client = connect<Chat>(`${url.replace('http', 'ws')}/chat`, { contract: chat, token })
      clients.push(client)
      return client
    },
    async throughProxy() {
      const proxy = await FaultProxy.start(Number(new URL(url).port))
      proxies.push(proxy)
      return { url: `http://127.0.0.1:${proxy.port}`, reset: () => proxy.reset() }
    },
    async close() {
      for (const client of clients) client.close()
      for (const proxy of proxies) await proxy.close()
      child.kill('SIGTERM')
      await once(child, 'close')
      rmSync(place, { recursive: true, force: true })
    },
  }
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('unable to read the address of the server')
  const [output] = await once(stdout, 'data')
  return /http:\S+/.exec(String(output))?.[0] ?? ''
}
