import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../support/forgotten-hub.ts', import.meta.url))

test('a process whose hub is never closed ends once nobody waits for anything, and not before', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@chat/source', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 15_000,
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect([said, code]).toEqual(['1 was here\n', 0])
})
