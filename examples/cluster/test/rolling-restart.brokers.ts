import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { connect } from '@chat/node-ws'
import { afterEach, expect, test } from 'vitest'
import { isInstalled } from '../../../test-support/brokers/broker-process.ts'
import type { ClusterChat, ClusterState } from '../contract.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
let cluster: ChildProcess | null = null

afterEach(async () => {
  const running = cluster
  cluster = null
  if (running === null || running.exitCode !== null) return
  const ended = new Promise((exit) => running.once('exit', exit))
  running.kill('SIGTERM')
  await ended
})

/** Starts the cluster with a restart at once; resolves with the URL of its page. */
function start(): Promise<string> {
  const args = ['--import', 'tsx', '--conditions=@chat/source', 'start.ts', '--restart']
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, PORT: '0' } })
  cluster = child
  return new Promise((resolve, reject) => {
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    child.stdout.setEncoding('utf8').on('data', (line: string) => resolve(line.trim()))
    child.once('exit', () => reject(new Error(`the cluster has ended: ${errors}`)))
  })
}

const complete = isInstalled('redis-server') && isInstalled('nginx')
if (!complete) console.log('not installed: redis-server or nginx; the example of a cluster is left out')

test.skipIf(!complete && !process.env['CI'])(
  'a rolling restart of both hubs under traffic loses nothing, and the page learns it',
  async () => {
    const url = await start()
    const client = connect<ClusterChat>(`${url.replace('http', 'ws')}/chat`, { token: 'watcher' })
    const state = await new Promise<ClusterState>((resolve) =>
      client.on('cluster', (now) => {
        const restarted = now.hubs.every(({ status, restarts }) => status === 'running' && restarts > 0)
        if (restarted && now.traffic.received >= now.traffic.expected) resolve(now)
      }),
    )
    client.close()

    const { traffic } = state
    expect(traffic).toMatchObject({ missing: 0, twice: 0, gaps: 0, failed: 0 })
    expect(traffic.acknowledged).toBeGreaterThan(100)
  },
)
