import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test as passing } from 'vitest'

/*
 * Replaces vitest in a guide's blocks that are marked `ts fails`. Their tests must fail, with the same
 * invariant, seed and faults as the guide shows. UPDATE_SHOWN=1 writes the report of a search into the page
 * instead.
 */
export { expect }

/** A test that a guide shows because it fails. */
export function test(title: string, run: () => unknown): void {
  passing(title, async () => {
    const { page, shown } = JSON.parse(readFileSync(`${expect.getState().testPath}.shown.json`, 'utf8'))
    const said = await sayingOf(run)
    if (process.env['UPDATE_SHOWN'] === '1' && said.includes('\nto see it again:\n'))
      return writeFileSync(
        page,
        readFileSync(page, 'utf8').replace(shown, () => said),
      )
    expect(
      gistOf(said),
      `the test fails in another way than the page shows (UPDATE_SHOWN=1 npm run guides updates the page):\n\n${said}\n\n`,
    ).toEqual(gistOf(shown))
  })
}

async function sayingOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the page shows a failure, but the test passed')
}

/**
 * Returns the parts of a report that matter to a reader. Other numbers and ids may change with any change of
 * the code.
 */
function gistOf(said: string): object {
  return {
    invariant: /^(.+) does not hold: /.exec(said)?.[1],
    seed: /^seed (\d+), trace /m.exec(said)?.[1],
    faults: [...said.matchAll(/^ {2}\{"at":\d+,"kind":"(\w+)"/gm)].map(([, kind]) => kind),
    replay: /^ {2}explore\(\{ …, runs: 1, seed: (\d+), replay: \[/m.exec(said)?.[1],
    refused: /^unable to .+?: (\S+) was called at (\w+)/.exec(said)?.slice(1),
  }
}
