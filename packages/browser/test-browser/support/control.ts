import { inject } from 'vitest'
import type { TestServer } from './server.ts'

type Method = Exclude<keyof TestServer, 'listen' | 'close'>

const server = inject('server')

/** Calls a method of the server that runs outside of the page. */
export async function call<K extends Method>(
  method: K,
  ...args: Parameters<TestServer[K]>
): Promise<Awaited<ReturnType<TestServer[K]>>> {
  const response = await fetch(`${server}/${method}`, { method: 'POST', body: JSON.stringify(args) })
  if (!response.ok) throw new Error(`${method}: ${await response.text()}`)
  return response.json()
}

/** A URL on the server, as a page gives it to `connect` or `dial`. */
export const urlOf = (path: string): string => server + path
