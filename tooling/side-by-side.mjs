import { availableParallelism } from 'node:os'

/**
 * Runs a task for each item, with as many at once as there are cores. Starts them in the items' order, and
 * resolves with the results in that order.
 */
export async function sideBySide(items, work) {
  const results = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index])
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))
  return results
}
