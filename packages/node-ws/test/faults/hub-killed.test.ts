import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import type { Guest } from '../../../../test-support/guest.ts'
import { enterAt } from '../support/through-proxy.ts'

const script = fileURLToPath(new URL('../support/hub-process.ts', import.meta.url))

async function startProcess(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@chat/source', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  return { child, port: Number(port) }
}

test('when the hub is killed and its memory lost, each send settles, each address reports its gap, and all clients continue (F7, F14, P-PB-8)', async () => {
  const [first, second] = await Promise.all([startProcess(), startProcess()])
  const proxy = await FaultProxy.start(first.port)
  onTestFinished(() => proxy.close())
  const enter = (token: string): Promise<Guest> => enterAt(proxy.port, { token, runtime: fast })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await alice.say('before')
  await bob.hears(1)
  const { session } = alice.client

  proxy.stall('down')
  const { passed } = proxy.up
  const unanswered = alice.say('nobody knows')
  await vi.waitFor(() => expect(proxy.up.passed).toBeGreaterThan(passed), { interval: 1 })
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  proxy.target = second.port
  proxy.reset()
  proxy.heal()
  await alice.reaches('reconnecting')
  const unwritten = alice.say('kept')

  expect(await unanswered).toBe('uncertain')
  expect(await unwritten).toBe('ok')
  const gap = expect.stringMatching(/^gap: (absent|epoch)$/)
  await bob.hears(2)
  await alice.say('after')
  // What was stored before the new hub knew bob is behind his gap, or came with it.
  await bob.until('the last message', ({ heard }) => heard.includes('after'))
  expect(bob.heard.filter((data) => data !== 'kept')).toEqual(['before', gap, 'after'])
  expect(await alice.hears(4)).toEqual(['before', gap, 'kept', 'after'])
  expect(alice.client.session).not.toBe(session)
})
