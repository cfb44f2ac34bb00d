import { traceHash, type World } from '@chat/testing'
import { optionsOf } from './search.ts'
import { searches } from './searches/all.ts'

/*
 * Prints the hash of some seeds of every search, each as a line of `search, seed, hash` in JSON. Every runtime
 * must print the same.
 */
const { process } = globalThis as unknown as { process: { stdout: { write(text: string): void } } }
const say = (name: string, seed: number, hash: string): void => {
  process.stdout.write(`${JSON.stringify([name, seed, hash])}\n`)
}

/** An app that takes time and randomness from the platform. */
const impatient = {
  fakeGlobals: true,
  workload: async (w: World, say: (text: string) => void): Promise<void> => {
    const timer = setInterval(() => say(`${Date.now()} ${crypto.randomUUID()}`), 500 + Math.random() * 1_000)
    AbortSignal.timeout(40_000).addEventListener('abort', () => say(new Date().toISOString()))
    setTimeout(() => say(String(crypto.getRandomValues(new Uint32Array(2)))), 700.5)
    setImmediate(() => say(String(performance.now())))
    await w.advance('60s')
    clearInterval(timer)
  },
}

async function pair(w: World): Promise<(text: string) => void> {
  const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
  const alice = await w.client(hub, 'alice')
  const bob = await w.client(hub, 'bob')
  bob.join('#lobby')
  return (text) => {
    alice
      .to('#lobby')
      .send('say', text)
      .catch(() => {})
  }
}

const seeds = [1, 2, 3]
for (const search of searches)
  for (const seed of seeds)
    say(search.name, seed, await traceHash({ ...optionsOf(search), seed }, search.setup))
for (const seed of seeds) say('faked globals', seed, await traceHash({ ...impatient, seed }, pair))
