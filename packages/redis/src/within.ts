import type { Runtime, Undo } from '@chat/core'

/** Resolves or rejects as a promise does; rejects when that takes too long. */
export async function within<T>(runtime: Runtime, patience: number, pending: Promise<T>): Promise<T> {
  let late: Undo = () => {}
  const tooLate = new Promise<never>((_, reject) => {
    late = runtime.timer(patience, () => reject(new Error(`no connection after ${patience} ms`)))
  })
  try {
    return await Promise.race([pending, tooLate])
  } finally {
    late()
  }
}
