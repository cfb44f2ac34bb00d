import { availableParallelism } from 'node:os'

/** Does one thing for each item, as many at once as there are cores, in their order; answers in their order, too. */
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
