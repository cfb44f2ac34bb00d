// Checks that the simulation is the same in every runtime: the same seeds must have the same hashes.
import { join } from 'node:path'
import { run, seconds } from '../processes.mjs'
import { bundle, install, out, within } from './bundles.mjs'
import { current } from './runtimes.mjs'

export const wants = [current, 'node 20', 'node 22', 'node 24', 'bun']

/** Prints the hashes, and resolves with `true` when all runtimes agree. */
export async function test(runtimes) {
  await install('core', 'testing')
  const hashes = await bundle('packages/testing/scenarios/hashes.ts', join(out, 'hashes.mjs'))
  const results = []
  for (const { title, command } of runtimes)
    results.push({ title, hashes: await hashesOf(title, command, hashes) })
  return compare(results)
}

/** Resolves with the hashes by `search, seed`. */
async function hashesOf(title, command, file) {
  const start = performance.now()
  const { status, stdout, stderr } = await run(command, [file], within)
  if (status !== 0) console.log(`${title}: the searches failed\n${stdout}${stderr}`)
  const found = new Map()
  for (const line of status === 0 ? stdout.trim().split('\n') : []) {
    const [search, seed, hash] = JSON.parse(line)
    found.set(`${search}, seed ${seed}`, hash)
  }
  console.log(`${title}: ${found.size} seeds in ${seconds(start)} s`)
  return found
}

function compare(results) {
  const [reference, ...others] = results
  let same = reference.hashes.size > 0
  for (const [seed, hash] of reference.hashes) {
    const differing = others.filter(({ hashes }) => hashes.get(seed) !== hash)
    console.log(`${seed}: ${hash}`)
    for (const { title, hashes } of differing)
      console.log(`  but ${hashes.get(seed) ?? 'no hash'} on ${title}`)
    same &&= differing.length === 0
  }
  return same
}
