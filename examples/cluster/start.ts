// Starts Redis, two hubs, nginx before them, and traffic; prints the URL of a page that shows them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hub } from '@chat/core'
import { redisBackplane } from '@chat/redis'
import type { ClusterChat } from './contract.ts'
import { Hubs } from './hubs.ts'
import { nginxArguments } from './proxy.ts'
import { TrafficGenerator } from './traffic.ts'

const trafficClients = 8
const reportInterval = 250

requireProgram('redis-server', '--version', 'redis-server')
requireProgram('nginx', '-v', 'nginx-light')

const folder = mkdtempSync(join(tmpdir(), 'chat-cluster-'))
const children: ChildProcess[] = []
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const [redisPort = 0, freePort = 0, ...hubPorts] = await freePorts(4)
// PORT=0 takes any free port.
const port = Number(process.env['PORT'] || 3000) || freePort
const places = ['a', 'b'].map((name, i) => ({ name, port: hubPorts[i] ?? 0 }))

// Redis keeps the messages in its append-only file, as in production.
start('redis-server', [
  '--port',
  String(redisPort),
  '--bind',
  '127.0.0.1',
  '--appendonly',
  'yes',
  '--save',
  '',
  '--dir',
  folder,
  '--loglevel',
  'warning',
])
const redis = `redis://127.0.0.1:${redisPort}`
await reachable(redisPort)

const hubs = new Hubs(places, redis)
await hubs.start()
start('nginx', nginxArguments(folder, port, places))
await reachable(port)

// A hub without transports speaks through the hubs that clients are connected to.
const emitter = new Hub<ClusterChat>({ backplane: await redisBackplane({ url: redis }) })
const traffic = new TrafficGenerator(`http://127.0.0.1:${port}`, trafficClients)
await traffic.start()
const reports = setInterval(
  () => emitter.to('*').cast('cluster', { hubs: hubs.states, traffic: traffic.counts }, { key: 'cluster' }),
  reportInterval,
)
console.log(`http://127.0.0.1:${port}`)

if (process.argv.includes('--restart')) void hubs.restart()

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    clearInterval(reports)
    traffic.stop()
    await Promise.all([hubs.stop(), emitter.close()])
    process.exit(0)
  })

function requireProgram(name: string, argument: string, debianPackage: string): void {
  if (spawnSync(name, [argument]).error === undefined) return
  console.error(
    `unable to start the cluster: ${name} is not installed; on Debian and Ubuntu: sudo apt install ${debianPackage}`,
  )
  process.exit(1)
}

/** Starts a program; the cluster ends with it. */
function start(command: string, args: readonly string[]): void {
  // Not in the group of this program: Ctrl-C ends the hubs first.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  child.once('exit', (code) => {
    if (code === 0 || code === null) return
    console.error(
      `unable to go on: ${command} has ended with ${code}; is port ${port} in use? Set PORT to another.`,
    )
    process.exit(1)
  })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

/** Resolves when a port accepts connections. */
async function reachable(at: number): Promise<void> {
  const { connect } = await import('node:net')
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(at, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.end())
    })
    if (open) return
    await new Promise((over) => setTimeout(over, 50))
  }
  throw new Error(`unable to start the cluster: nothing listens on port ${at}`)
}
