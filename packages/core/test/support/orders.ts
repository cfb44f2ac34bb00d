/** What a scene waits for. */
export interface Turns {
  /** Lets something happen when its turn comes, and answers with what that gave; at once, as long as the scene has not begun. */
  take<T>(happen: () => T): Promise<T>
  /** From now on everything takes its turn. */
  begin(): void
  /** Lets everything happen, one after the other. */
  rest(settle: () => Promise<void>): Promise<void>
}

interface Choice {
  taken: number
  readonly of: number
}

/**
 * Plays a scene in every order in which what it waits for can happen: what has asked for its turn waits until nothing else moves, and then one of them is let go;
 * the next time another one, until all orders have been played. Answers how many that were.
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

/** Plays it once, with the choices that are given and the first one where there is none; answers all that were made. */
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
