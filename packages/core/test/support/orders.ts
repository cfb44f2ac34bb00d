/** Schedule of the steps of a scene. */
export interface Turns {
  /**
   * Runs a step when its turn comes, and resolves with the result. Before `begin` it runs the step at once.
   */
  take<T>(happen: () => T): Promise<T>
  /** Makes all further steps wait for their turns. */
  begin(): void
  /** Runs all waiting steps, one after another. */
  rest(settle: () => Promise<void>): Promise<void>
}

interface Choice {
  taken: number
  readonly of: number
}

/**
 * Runs a scene in every possible order of its steps. A step waits until nothing else can proceed; then one of
 * the waiting steps runs. The next run chooses another step, until all orders have been tried. Returns the
 * number of orders.
 */
export async function everyOrder(scene: (turns: Turns) => Promise<void>, most = 20_000): Promise<number> {
  let path: Choice[] = []
  for (let played = 1; played <= most; played++) {
    path = await play(scene, path)
    for (let last = path.at(-1); last !== undefined && last.taken + 1 >= last.of; last = path.at(-1))
      path.pop()
    const last = path.at(-1)
    if (last === undefined) return played
    last.taken++
  }
  throw new Error(`there are more than ${most} orders`)
}

/**
 * Runs the scene once, with the given choices, and the first waiting step where none is given. Returns all
 * choices.
 */
async function play(scene: (turns: Turns) => Promise<void>, given: readonly Choice[]): Promise<Choice[]> {
  const waiting: (() => void)[] = []
  const path: Choice[] = []
  let begun = false
  await scene({
    take: <T>(happen: () => T) =>
      new Promise<T>((resolve) => {
        const go = (): void => resolve(happen())
        if (begun) waiting.push(go)
        else go()
      }),
    begin() {
      begun = true
    },
    async rest(settle) {
      for (await settle(); waiting.length > 0; await settle()) {
        const taken = given[path.length]?.taken ?? 0
        path.push({ taken, of: waiting.length })
        waiting.splice(taken, 1)[0]?.()
      }
    },
  })
  return path
}
