import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Where temporary files are made: in memory where there is such a place, because each commit waits for the disk. */
export const temporaryRoot: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Makes an empty folder that ends with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(temporaryRoot, 'chat-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
