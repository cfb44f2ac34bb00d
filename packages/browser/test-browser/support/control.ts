import { inject } from 'vitest'
import type { TestServer } from './server.ts'

type Method = Exclude<keyof TestServer, 'listen' | 'close'>

const server = inject('server')

/** Calls a method of the server, which runs outside the page. */
export async function call<K extends Method>(
  method: K,
  ...args: Parameters<TestServer[K]>
): Promise<Awaited<ReturnType<TestServer[K]>>> {
  const response = await fetch(`${server}/${method}`, { method: 'POST', body: JSON.stringify(args) })
  if (!response.ok) throw new Error(`${method}: ${await response.text()}`)
  return response.json()
}

/** Returns a URL on the server, in the form that a page gives to `connect` or `dial`. */
export const urlOf = (path: string): string => server + path
