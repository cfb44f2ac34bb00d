import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pause, until } from '../../../test-support/brokers/until.ts'
import { send } from './support/appends.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

const program = fileURLToPath(new URL('./support/replaying-process.ts', import.meta.url))

describe.runIf(withNats)('a hub that is killed', () => {
  let nodes: Nodes
  beforeEach(async () => {
    nodes = await Nodes.start()
  })
  afterEach(() => nodes.end())

  test('in the middle of 50 replays leaves no consumer behind', async () => {
    const node = await nodes.node()
    for (let ref = 1; ref <= 300; ref++) await send(node, '#room', { ref })
    const args = ['--import', 'tsx', '--conditions=@chat/source', program, nodes.server.url, nodes.prefix]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    let most = 0
    for (let n = 0; n < 20; n++) {
      most = Math.max(most, await nodes.admin.countConsumers(nodes.prefix))
      await pause(20)
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(16)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(
      'the consumers to be gone',
      async () => (await nodes.admin.countConsumers(nodes.prefix)) === 0,
      15_000,
    )
  }, 60_000)
})
